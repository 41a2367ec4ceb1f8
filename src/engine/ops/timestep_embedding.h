// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/tensor/backend.h"

namespace darkroom::engine::ops {

/// Sinusoids of each timestep as f32 [timesteps, width]: cos(t f), then sin(t f), with width / 2
/// frequencies f from 1 down to nearly 1 / 10000. `width` is even. Ho et al. 2020, appendix B;
/// cosines first, as in the latent diffusion code.
Tensor timestep_embedding(Backend& backend, std::span<const float> timesteps, std::int64_t width);

}  // namespace darkroom::engine::ops
