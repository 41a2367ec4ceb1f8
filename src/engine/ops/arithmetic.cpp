// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/arithmetic.h"

#include "base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/require.h"

namespace darkroom::engine {

Tensor operator+(const Tensor& x, const Tensor& y) {
    ops::require_dtype("+", x, DType::f32);
    return ops::add(x, y);
}

Tensor operator-(const Tensor& x, const Tensor& y) {
    ops::require_dtype("-", x, DType::f32);
    return ops::combine(1.0f, x, -1.0f, y);
}

Tensor operator-(const Tensor& x) {
    return x * -1.0f;
}

Tensor operator*(const Tensor& x, float factor) {
    ops::require_dtype("*", x, DType::f32);
    return ops::affine(x, factor, 0.0f);
}

Tensor operator*(float factor, const Tensor& x) {
    return x * factor;
}

Tensor operator/(const Tensor& x, float divisor) {
    DARKROOM_CHECK(divisor != 0.0f, "a tensor divided by zero");
    return x * (1.0f / divisor);
}

}  // namespace darkroom::engine
