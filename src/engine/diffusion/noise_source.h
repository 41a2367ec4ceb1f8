// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/tensor/tensor.h"

namespace darkroom::engine {

/// Where one picture's noise comes from.
class NoiseSource {
  public:
    virtual ~NoiseSource() = default;

    /// The next draw: a whole latent of standard normal numbers, f32 [1, 4, h, w].
    virtual Tensor next() = 0;
};

}  // namespace darkroom::engine
