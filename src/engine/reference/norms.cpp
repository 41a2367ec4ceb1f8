// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "engine/reference/activation.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

/// Mean and (biased) variance, found in double.
struct Moments {
    double mean = 0.0;
    double variance = 0.0;
};

/// Of `width` channels of one sample, over all pixels of the bands.
Moments moments_of(
    std::span<const Tensor> bands,
    std::int64_t sample,
    std::int64_t first_channel,
    std::int64_t width) {
    const auto for_each_value = [&](const auto& use) {
        for (const Tensor& band : bands) {
            const std::int64_t channels = band.shape()[3];
            const std::int64_t pixels = band.shape()[1] * band.shape()[2];
            const float* from = band.values<const float>().data() + sample * pixels * channels;
            for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
                for (std::int64_t c = first_channel; c < first_channel + width; ++c)
                    use(static_cast<double>(from[pixel * channels + c]));
            }
        }
    };
    double count = 0.0;
    double sum = 0.0;
    for_each_value([&](double value) {
        sum += value;
        count += 1.0;
    });
    const double mean = sum / count;
    double squares = 0.0;
    for_each_value([&](double value) { squares += (value - mean) * (value - mean); });
    return {.mean = mean, .variance = squares / count};
}

struct Affine {
    const float* gamma;
    const float* beta;
    float epsilon;
};

/// Normalises one row by its own mean and variance.
void normalise_row(const float* from, float* to, std::int64_t width, const Affine& affine) {
    const auto count = static_cast<double>(width);
    double sum = 0.0;
    for (std::int64_t c = 0; c < width; ++c)
        sum += static_cast<double>(from[c]);
    const double mean = sum / count;
    double squares = 0.0;
    for (std::int64_t c = 0; c < width; ++c) {
        const double distance = static_cast<double>(from[c]) - mean;
        squares += distance * distance;
    }
    const double scale = 1.0 / std::sqrt(squares / count + static_cast<double>(affine.epsilon));
    for (std::int64_t c = 0; c < width; ++c) {
        const double normal = (static_cast<double>(from[c]) - mean) * scale;
        to[c] = static_cast<float>(
            normal * static_cast<double>(affine.gamma[c]) + static_cast<double>(affine.beta[c]));
    }
}

}  // namespace

Tensor ReferenceBackend::group_scales(
    std::span<const Tensor> bands,
    const Tensor& gamma,
    const Tensor& beta,
    const GroupNormOptions& options) {
    const Shape& shape = bands[0].shape();
    const std::int64_t channels = shape[3];
    const std::int64_t width = channels / options.groups;
    Tensor scales = empty({shape[0], 3, channels}, DType::f32);
    float* to = scales.values<float>().data();
    const float* gains = gamma.values<const float>().data();
    const float* shifts = beta.values<const float>().data();
#pragma omp parallel for
    for (std::int64_t i = 0; i < shape[0] * options.groups; ++i) {
        const std::int64_t sample = i / options.groups;
        const std::int64_t first_channel = i % options.groups * width;
        const Moments moments = moments_of(bands, sample, first_channel, width);
        const double inverse =
            1.0 / std::sqrt(moments.variance + static_cast<double>(options.epsilon));
        for (std::int64_t c = first_channel; c < first_channel + width; ++c) {
            const double scale = inverse * static_cast<double>(gains[c]);
            // The shift makes up for what the mean loses as f32.
            const auto centre = static_cast<float>(moments.mean);
            const double rest = (moments.mean - static_cast<double>(centre)) * scale;
            float* solved = to + sample * 3 * channels + c;
            solved[0] = centre;
            solved[channels] = static_cast<float>(scale);
            solved[2 * channels] = static_cast<float>(static_cast<double>(shifts[c]) - rest);
        }
    }
    return scales;
}

Tensor ReferenceBackend::normalise(
    std::span<const Tensor> bands, const Tensor& scales, Activation activation) {
    const Shape& shape = bands[0].shape();
    const std::int64_t channels = shape[3];
    std::int64_t rows = 0;
    for (const Tensor& band : bands)
        rows += band.shape()[1];
    Tensor y = empty(shape.with(1, rows), DType::f32);
    float* to = y.values<float>().data();
    const float* solved = scales.values<const float>().data();
    for (const Tensor& band : bands) {
        const float* from = band.values<const float>().data();
        const std::int64_t sample_size = band.numel() / shape[0];
#pragma omp parallel for
        for (std::int64_t i = 0; i < band.numel(); ++i) {
            const float* own = solved + i / sample_size * 3 * channels + i % channels;
            const double distance = static_cast<double>(from[i]) - static_cast<double>(own[0]);
            const double value = distance * static_cast<double>(own[channels]) +
                                 static_cast<double>(own[2 * channels]);
            to[i] = activated(static_cast<float>(value), activation);
        }
        to += band.numel();
    }
    return y;
}

Tensor ReferenceBackend::layer_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const LayerNormOptions& options) {
    Tensor y = empty(x.shape(), DType::f32);
    if (x.numel() == 0) return y;
    const std::int64_t width = x.shape()[-1];
    const std::int64_t rows = x.numel() / width;
    const Affine affine{
        .gamma = gamma.values<const float>().data(),
        .beta = beta.values<const float>().data(),
        .epsilon = options.epsilon};
    const float* from = x.values<const float>().data();
    float* to = y.values<float>().data();
#pragma omp parallel for
    for (std::int64_t row = 0; row < rows; ++row) {
        normalise_row(from + row * width, to + row * width, width, affine);
    }
    return y;
}

}  // namespace darkroom::engine
