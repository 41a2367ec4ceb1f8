// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// Rows of about cpu::kGrain elements together.
std::int64_t rows_per_piece(std::int64_t columns) {
    return std::max<std::int64_t>(1, cpu::kGrain / std::max<std::int64_t>(1, columns));
}

/// Byte `element` of a tensor, counted in elements.
std::byte* element_at(const Tensor& x, std::int64_t element) {
    return x.data() + static_cast<std::size_t>(element) * size_of(x.dtype());
}

}  // namespace

Tensor CpuBackend::layer_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const LayerNormOptions& options) {
    const std::int64_t channels = x.shape()[-1];
    const DType result = options.wide ? DType::f32 : state_->dtype;
    const Tensor from = options.wide && x.dtype() != DType::f32 ? cast(x, DType::f32) : x;
    const cpu::ElementKernels& kernels = state_->kernels_of(result);
    const float* scale = cpu::floats_of(gamma, channels);
    const float* shift = cpu::floats_of(beta, channels);
    Tensor y = empty(x.shape(), result);
    const std::int64_t rows = x.numel() / std::max<std::int64_t>(1, channels);
    state_->workers.run_ranges(
        rows, rows_per_piece(channels), [&](std::int64_t begin, std::int64_t end) {
            kernels.layer_norm(
                {.x = element_at(from, begin * channels),
                 .wide = from.dtype() == DType::f32,
                 .y = element_at(y, begin * channels),
                 .rows = end - begin,
                 .channels = channels,
                 .gamma = scale,
                 .beta = shift,
                 .epsilon = options.epsilon});
        });
    return y;
}

Tensor CpuBackend::softmax(const Tensor& x) {
    const std::int64_t columns = x.shape()[-1];
    const cpu::ElementKernels& kernels = state_->kernels_of(x.dtype());
    Tensor y = empty(x.shape(), x.dtype());
    const std::int64_t rows = x.numel() / std::max<std::int64_t>(1, columns);
    state_->workers.run_ranges(
        rows, rows_per_piece(columns), [&](std::int64_t begin, std::int64_t end) {
            kernels.softmax(
                element_at(x, begin * columns),
                element_at(y, begin * columns),
                end - begin,
                columns);
        });
    return y;
}

}  // namespace darkroom::engine
