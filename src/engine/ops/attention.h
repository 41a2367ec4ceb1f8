// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/tensor/backend.h"

namespace darkroom::engine::ops {

/// Scaled dot-product attention, softmax in f32. Vaswani et al. 2017, eq. 1.
///
///   q        [n, tq, c], heads are contiguous slices of the channels
///   k, v     [n, tk, c]
///   returns  [n, tq, c]
Tensor attention(
    const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options);

/// Softmax over the last axis, in f32.
Tensor softmax(const Tensor& x);

}  // namespace darkroom::engine::ops
