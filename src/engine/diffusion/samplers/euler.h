// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/diffusion/sampler.h"

namespace darkroom::engine {

/// Euler's method with optional churn. One call a step; draws noise at every step, used or not, as
/// k-diffusion. Karras et al. 2022, algorithm 2 without the correction.
Sampler euler(SamplerInputs in);

/// Euler's method down to a lower sigma, then fresh noise up to the next. One call a step; draws
/// before every step but the last. Ignores s_noise, as A1111. k-diffusion, sample_euler_ancestral.
Sampler euler_ancestral(SamplerInputs in);

}  // namespace darkroom::engine
