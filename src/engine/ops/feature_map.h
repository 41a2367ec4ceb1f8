// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/tensor/backend.h"

namespace darkroom::engine::ops {

/// Nearest neighbour to any size: pixel (y, x) of the result is pixel (floor(y h / height),
/// floor(x w / width)) of x [n, h, w, c].
Tensor resize_nearest(const Tensor& x, std::int64_t height, std::int64_t width);

/// [..., a] and [..., b] -> [..., a + b].
Tensor concat_channels(const Tensor& a, const Tensor& b);

/// Stacks along the first axis; at least one part.
Tensor concat_samples(std::span<const Tensor> parts);

/// [n, c, h, w] <-> [n, h, w, c].
Tensor nchw_to_nhwc(const Tensor& x);
Tensor nhwc_to_nchw(const Tensor& x);

}  // namespace darkroom::engine::ops
