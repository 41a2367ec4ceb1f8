// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "engine/reference/activation.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

/// `rows` runs of `width` numbers, `stride` apart: one group of one sample, or one row.
struct Block {
    std::int64_t rows;
    std::int64_t width;
    std::int64_t stride;
};

template <class Use>
void for_each_value(const Block& block, const Use& use) {
    for (std::int64_t row = 0; row < block.rows; ++row) {
        for (std::int64_t c = 0; c < block.width; ++c)
            use(row * block.stride + c, c);
    }
}

struct Affine {
    const float* gamma;
    const float* beta;
    float epsilon;
    Activation activation;
};

/// Normalises by the block's mean and (biased) variance, both found in double.
void normalise(const float* from, float* to, const Block& block, const Affine& affine) {
    const double count = static_cast<double>(block.rows) * static_cast<double>(block.width);
    double sum = 0.0;
    for_each_value(
        block, [&](std::int64_t at, std::int64_t) { sum += static_cast<double>(from[at]); });
    const double mean = sum / count;
    double squares = 0.0;
    for_each_value(block, [&](std::int64_t at, std::int64_t) {
        const double distance = static_cast<double>(from[at]) - mean;
        squares += distance * distance;
    });
    const double scale = 1.0 / std::sqrt(squares / count + static_cast<double>(affine.epsilon));
    for_each_value(block, [&](std::int64_t at, std::int64_t c) {
        const double normal = (static_cast<double>(from[at]) - mean) * scale;
        const double value =
            normal * static_cast<double>(affine.gamma[c]) + static_cast<double>(affine.beta[c]);
        to[at] = activated(static_cast<float>(value), affine.activation);
    });
}

}  // namespace

Tensor ReferenceBackend::group_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const GroupNormOptions& options) {
    const std::int64_t groups = options.groups;
    Tensor y = empty(x.shape(), DType::f32);
    const std::int64_t channels = x.shape()[3];
    const std::int64_t pixels = x.shape()[1] * x.shape()[2];
    const std::int64_t blocks = x.shape()[0] * groups;
    const Block block{.rows = pixels, .width = channels / groups, .stride = channels};
    const float* from = x.values<const float>().data();
    const float* scales = gamma.values<const float>().data();
    const float* shifts = beta.values<const float>().data();
    float* to = y.values<float>().data();
#pragma omp parallel for
    for (std::int64_t i = 0; i < blocks; ++i) {
        const std::int64_t first_channel = i % groups * block.width;
        const std::int64_t at = i / groups * pixels * channels + first_channel;
        const Affine affine{
            .gamma = scales + first_channel,
            .beta = shifts + first_channel,
            .epsilon = options.epsilon,
            .activation = options.activation};
        normalise(from + at, to + at, block, affine);
    }
    return y;
}

Tensor ReferenceBackend::layer_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const LayerNormOptions& options) {
    Tensor y = empty(x.shape(), DType::f32);
    if (x.numel() == 0) return y;
    const std::int64_t width = x.shape()[-1];
    const std::int64_t rows = x.numel() / width;
    const Block block{.rows = 1, .width = width, .stride = width};
    const Affine affine{
        .gamma = gamma.values<const float>().data(),
        .beta = beta.values<const float>().data(),
        .epsilon = options.epsilon,
        .activation = Activation::none};
    const float* from = x.values<const float>().data();
    float* to = y.values<float>().data();
#pragma omp parallel for
    for (std::int64_t row = 0; row < rows; ++row) {
        normalise(from + row * width, to + row * width, block, affine);
    }
    return y;
}

}  // namespace darkroom::engine
