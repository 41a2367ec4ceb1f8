// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/diffusion/sampler_inputs.h"

namespace darkroom::engine {

/// Default eta of ancestral samplers (A1111's option eta_ancestral).
inline constexpr float kAncestralEta = 1.0F;

/// The sigma that a step starts from after churn: at most sqrt(2) times its own, and exactly its
/// own where churn does not apply. Karras et al. 2022, algorithm 2.
float churned_sigma(const Step& step, const SamplerOptions& options);

/// How much unit noise lifts x from sigma to churned_sigma.
float churn_noise(float sigma, float churned, const SamplerOptions& options);

/// A step of an ancestral sampler: deterministically to `down`, then `up` times unit noise.
struct AncestralSplit {
    float down = 0.0F;
    float up = 0.0F;
};

/// k-diffusion, get_ancestral_step.
AncestralSplit ancestral_split(const Step& step, float eta);

}  // namespace darkroom::engine
