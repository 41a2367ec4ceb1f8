// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/diffusion/sampler.h"

namespace darkroom::engine {

/// Default eta of DDIM (A1111's option eta_ddim).
inline constexpr float kDdimEta = 0.0F;

/// DDIM on the checkpoint's own timesteps. One call a step; draws noise at every step, used or not.
/// Song et al. 2020, eq. 12; A1111's sd_samplers_timesteps_impl.py.
Sampler ddim(SamplerInputs in);

}  // namespace darkroom::engine
