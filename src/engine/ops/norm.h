// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/tensor/backend.h"

namespace darkroom::engine::ops {

struct GroupNormOptions {
    std::int64_t groups = 32;
    float epsilon = 1e-5f;
    /// Applied to the normalised result.
    Activation activation = Activation::none;
};

/// x [n, h, w, c]; gamma and beta f32 [c]. Statistics per sample and group of c / groups channels,
/// in f32. Wu and He 2018.
Tensor group_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const GroupNormOptions& options = {});

/// x [..., c]; gamma and beta f32 [c]. Statistics per row, in f32. Ba et al. 2016.
Tensor layer_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, float epsilon = 1e-5f);

}  // namespace darkroom::engine::ops
