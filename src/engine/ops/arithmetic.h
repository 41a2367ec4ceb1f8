// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/tensor/tensor.h"

// Operators over f32 tensors of one shape, for samplers that read like their papers.

namespace darkroom::engine {

Tensor operator+(const Tensor& x, const Tensor& y);
Tensor operator-(const Tensor& x, const Tensor& y);
Tensor operator-(const Tensor& x);
Tensor operator*(const Tensor& x, float factor);
Tensor operator*(float factor, const Tensor& x);
/// Multiplies by the reciprocal; throws ContractViolation for a divisor of zero.
Tensor operator/(const Tensor& x, float divisor);

}  // namespace darkroom::engine
