// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/tensor/backend.h"

// Elementwise operations. Those of two tensors take equal shapes and dtypes, f32 or bf16.

namespace darkroom::engine::ops {

Tensor add(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
/// a x + b y.
Tensor combine(float a, const Tensor& x, float b, const Tensor& y);
/// a x + b.
Tensor affine(const Tensor& x, float a, float b);

/// Compute dtype.
Tensor activate(const Tensor& x, Activation activation);

/// Rounds to nearest even; what would be subnormal may become zero. Between f32 and bf16; backends
/// may offer more.
Tensor cast(const Tensor& x, DType dtype);
/// True when no element is NaN or infinite.
bool all_finite(const Tensor& x);

}  // namespace darkroom::engine::ops
