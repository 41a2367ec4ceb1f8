// SPDX-License-Identifier: Apache-2.0
#include "engine/reference/matrix.h"

#include <algorithm>

#include "base/check.h"
#include "engine/reference/activation.h"
#include "engine/reference/backend.h"
#include "engine/reference/dot.h"

namespace darkroom::engine {

const float* weight_values(const PackedWeights& weights) {
    return static_cast<const float*>(static_cast<const void*>(weights.data));
}

void multiply_transposed(
    const float* x, const float* weights, float* y, const ProductExtents& extents) {
    for (std::int64_t column = 0; column < extents.columns; ++column) {
        const float* weight_row = weights + column * extents.depth;
        for (std::int64_t row = 0; row < extents.rows; ++row) {
            y[row * extents.columns + column] =
                static_cast<float>(dot(x + row * extents.depth, weight_row, extents.depth));
        }
    }
}

void apply_epilogue(const Tensor& y, const Epilogue& epilogue) {
    const std::int64_t samples = y.shape()[0];
    const std::int64_t channels = y.shape()[-1];
    if (y.numel() == 0) return;
    const std::int64_t rows = y.numel() / channels;
    const std::int64_t bias_stride =
        epilogue.bias && epilogue.bias.shape().rank() == 2 ? channels : 0;
    float* values = y.values<float>().data();
    const float* bias = epilogue.bias ? epilogue.bias.values<const float>().data() : nullptr;
    const float* residual =
        epilogue.residual ? epilogue.residual.values<const float>().data() : nullptr;
#pragma omp parallel for
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t sample = row / (rows / samples);
        for (std::int64_t c = 0; c < channels; ++c) {
            float value = values[row * channels + c];
            if (bias != nullptr) value += bias[sample * bias_stride + c];
            value = activated(value, epilogue.activation);
            if (residual != nullptr) value += residual[row * channels + c];
            values[row * channels + c] = value;
        }
    }
}

namespace {

/// x [..., 2f] -> [..., f]: values times GELU of gates.
Tensor gated(Backend& backend, const Tensor& x) {
    const std::int64_t features = x.shape()[-1] / 2;
    Tensor y = backend.empty(x.shape().with(-1, features), DType::f32);
    const auto from = x.values<const float>();
    const auto to = y.values<float>();
    const auto half = static_cast<std::size_t>(features);
    for (std::size_t at = 0; at < to.size(); ++at) {
        const std::size_t value_at = at / half * 2 * half + at % half;
        to[at] = from[value_at] * activated(from[value_at + half], Activation::gelu);
    }
    return y;
}

}  // namespace

Tensor ReferenceBackend::linear(
    const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue) {
    const auto& spec = std::get<LinearSpec>(weights.spec);
    DARKROOM_CHECK(x.shape()[-1] == spec.in_features, "linear over {}", to_string(x.shape()));
    const std::int64_t columns = spec.weight_rows();
    Tensor y = empty(x.shape().with(-1, columns), DType::f32);
    const std::int64_t rows = x.shape()[0] * x.shape()[1];
    const float* from = x.values<const float>().data();
    const float* matrix = weight_values(weights);
    float* to = y.values<float>().data();
#pragma omp parallel for
    for (std::int64_t begin = 0; begin < rows; begin += kTileRows) {
        const ProductExtents extents{
            .rows = std::min(kTileRows, rows - begin),
            .depth = spec.in_features,
            .columns = columns};
        multiply_transposed(from + begin * spec.in_features, matrix, to + begin * columns, extents);
    }
    apply_epilogue(y, epilogue);
    return spec.gated ? gated(*this, y) : y;
}

}  // namespace darkroom::engine
