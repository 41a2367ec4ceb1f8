// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "engine/diffusion/discretisation.h"
#include "engine/diffusion/noise_source.h"
#include "engine/tensor/tensor.h"

namespace darkroom::engine {

/// One step of a sampler in sigma space, from sigma down to next_sigma.
struct Step {
    float sigma = 0.0F;
    float next_sigma = 0.0F;
    /// This step's place among `count` steps.
    int index = 0;
    int count = 0;
};

/// One step of a sampler in the variance-preserving space.
struct TimestepStep {
    int timestep = 0;
    /// alpha_bar here and where the step leads. The latter keeps f64 arithmetic, as A1111.
    float alpha = 1.0F;
    double next_alpha = 1.0;
    int index = 0;
    int count = 0;
};

/// Steps between neighbours of a falling list of sigmas; only the last sigma may be 0.
std::vector<Step> make_steps(std::span<const float> sigmas);

/// Steps for rising timesteps, from the last down to the second: one fewer than there are
/// timesteps, as A1111. Each leads to the alpha_bar of the timestep before it.
std::vector<TimestepStep> make_timestep_steps(
    std::span<const int> timesteps, const Discretisation& discretisation);

/// Request settings; a sampler ignores those that A1111 does not hand to it.
struct SamplerOptions {
    /// Share of fresh noise; the sampler's default (1 ancestral, 0 DDIM) when absent.
    std::optional<float> eta = std::nullopt;
    /// Karras et al. 2022, algorithm 2: noise added before a step while s_tmin <= sigma <= s_tmax.
    float s_churn = 0.0F;
    float s_tmin = 0.0F;
    float s_tmax = std::numeric_limits<float>::infinity();
    float s_noise = 1.0F;
};

/// Everything a sampling run starts from.
struct SamplerInputs {
    /// f32 [1, 4, h, w], in sigma space at the first step's sigma, or in the variance-preserving
    /// space at the first step's timestep.
    Tensor start;
    /// For samplers in sigma space.
    std::vector<Step> steps = {};
    /// For samplers in the variance-preserving space.
    std::vector<TimestepStep> timesteps = {};
    /// Outlives the run; may be null for samplers that draw nothing.
    NoiseSource* noise = nullptr;
    SamplerOptions options = {};

    /// The next noise; throws ContractViolation when there is no source.
    [[nodiscard]] Tensor draw() const;
};

/// Where a run in sigma space starts without a picture: noise * sigma. In the variance-preserving
/// space a run starts from the noise itself.
Tensor initial_latent(const Tensor& noise, float sigma);

}  // namespace darkroom::engine
