// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/require.h"

#include "base/check.h"

namespace darkroom::engine::ops {

void require_rank(std::string_view operation, const Tensor& x, int rank) {
    DARKROOM_CHECK(
        x.shape().rank() == rank,
        "{} takes a tensor of rank {}, got {}",
        operation,
        rank,
        to_string(x.shape()));
}

void require_dtype(std::string_view operation, const Tensor& x, DType dtype) {
    DARKROOM_CHECK(
        x.dtype() == dtype,
        "{} takes {} here, got {} {}",
        operation,
        to_string(dtype),
        to_string(x.dtype()),
        to_string(x.shape()));
}

void require_real(std::string_view operation, const Tensor& x) {
    DARKROOM_CHECK(
        x.dtype() == DType::f32 || x.dtype() == DType::bf16,
        "{} takes f32 or bf16, got {}",
        operation,
        to_string(x.dtype()));
}

void require_compute_dtype(std::string_view operation, const Tensor& x) {
    require_dtype(operation, x, x.backend().compute_dtype());
}

void require_activation(std::string_view operation, const Tensor& x) {
    if (x.dtype() != DType::f32) require_compute_dtype(operation, x);
}

void require_same_backend(std::string_view operation, const Tensor& a, const Tensor& b) {
    DARKROOM_CHECK(
        &a.backend() == &b.backend(), "{} over tensors of two different backends", operation);
}

void require_alike(std::string_view operation, const Tensor& a, const Tensor& b) {
    require_same_backend(operation, a, b);
    DARKROOM_CHECK(
        a.shape() == b.shape() && a.dtype() == b.dtype(),
        "{} takes equal shapes and dtypes, got {} {} and {} {}",
        operation,
        to_string(a.dtype()),
        to_string(a.shape()),
        to_string(b.dtype()),
        to_string(b.shape()));
}

void require_per_channel(
    std::string_view operation, std::string_view what, const Tensor& x, const Tensor& values) {
    require_same_backend(operation, x, values);
    DARKROOM_CHECK(
        values.dtype() == DType::f32 && values.shape() == Shape{x.shape()[-1]},
        "{} of {} takes {} as f32 of as many channels, got {} {}",
        operation,
        to_string(x.shape()),
        what,
        to_string(values.dtype()),
        to_string(values.shape()));
}

}  // namespace darkroom::engine::ops
