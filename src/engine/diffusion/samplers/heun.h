// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/diffusion/sampler.h"

namespace darkroom::engine {

/// Heun's second-order method with optional churn. Two calls a step, one where a step ends at sigma
/// 0; draws noise at every step, used or not. Karras et al. 2022, algorithm 2.
Sampler heun(SamplerInputs in);

}  // namespace darkroom::engine
