// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/elementwise.h"

#include "engine/ops/require.h"

namespace darkroom::engine::ops {

Tensor add(const Tensor& a, const Tensor& b) {
    require_alike("add", a, b);
    require_real("add", a);
    return a.backend().add(a, b);
}

Tensor multiply(const Tensor& a, const Tensor& b) {
    require_alike("multiply", a, b);
    require_real("multiply", a);
    return a.backend().multiply(a, b);
}

Tensor combine(float a, const Tensor& x, float b, const Tensor& y) {
    require_alike("combine", x, y);
    require_real("combine", x);
    return x.backend().combine(a, x, b, y);
}

Tensor affine(const Tensor& x, float a, float b) {
    require_real("affine", x);
    return x.backend().affine(x, a, b);
}

Tensor activate(const Tensor& x, Activation activation) {
    require_activation("activate", x);
    return x.backend().activate(x, activation);
}

Tensor cast(const Tensor& x, DType dtype) {
    if (x.dtype() == dtype) return x;
    return x.backend().cast(x, dtype);
}

bool all_finite(const Tensor& x) {
    require_real("all_finite", x);
    return x.backend().all_finite(x);
}

}  // namespace darkroom::engine::ops
