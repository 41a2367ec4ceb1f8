// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/tensor/backend.h"

// Operations check backends, shapes and dtypes and throw ContractViolation when they disagree.
// Unless one says otherwise, tensors have the compute dtype of their backend.

namespace darkroom::engine::ops {

/// Extent of a convolution's result along one axis of `size` pixels. Throws when the kernel is
/// larger than the padded picture, or when a layer upsamples
/// with another kernel than 3 or another stride than 1.
std::int64_t convolved_extent(const Conv2dSpec& spec, std::int64_t size);

/// x [n, h, w, in] -> [n, h', w', out].
Tensor conv2d(const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue = {});

/// A band of rows of a map [n, h, w, in]: as conv2d, with so many rows of zeros above and below in
/// the place of the layer's own. Where a band holds the rows beside it, its result has the bytes
/// that the whole map's has; of a quantisable layer, if it also begins at an even row of that.
Tensor conv2d_band(
    const Tensor& x,
    const PackedWeights& weights,
    const RowPadding& padding,
    const Epilogue& epilogue = {});

/// y = x W^T over the last axis: x [n, in], [n, rows, in] or [n, h, w, in]. The first axis counts
/// samples: a bias of rank 2 has one row for each of them. A gated layer takes no activation and no
/// residual.
Tensor linear(const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue = {});

/// Rows of a table [rows, c] at ids i32 [n, t] -> [n, t, c]. Throws for an id outside [0, rows).
Tensor embedding(const Tensor& table, const Tensor& ids);

}  // namespace darkroom::engine::ops
