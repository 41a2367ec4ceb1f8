// SPDX-License-Identifier: Apache-2.0
#include "image/blur.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/check.h"

namespace darkroom::image {
namespace {

/// Weights in 1/256 that sum to 256: each is rounded with the error of the one before, and the
/// middle takes the rest. Doubles of getGaussianKernel in OpenCV's smooth.dispatch.cpp.
std::vector<unsigned> gaussian_weights(int sigma) {
    const auto radius = static_cast<std::size_t>(5 * sigma + 1) / 2;
    std::vector<double> values(radius);
    const double scale = -0.5 / (static_cast<double>(sigma) * sigma);
    double sum = 0.0;
    for (std::size_t i = 0; i < radius; ++i) {
        const auto distance = static_cast<double>(radius - i);
        values[i] = std::exp(distance * distance * scale);
        sum += values[i];
    }
    sum = 2.0 * sum + 1.0;
    std::vector<unsigned> weights(2 * radius + 1);
    double error = 0.0;
    unsigned given = 0;
    for (std::size_t i = 0; i < radius; ++i) {
        const double wanted = values[i] / sum * 256.0 + error;
        const double rounded = std::nearbyint(wanted);
        error = wanted - rounded;
        weights[i] = static_cast<unsigned>(rounded);
        weights[2 * radius - i] = weights[i];
        given += 2 * weights[i];
    }
    weights[radius] = 256 - given;
    return weights;
}

/// Mirrors a place outside of 0 to size - 1 back in, without repeating the border pixel.
std::size_t mirrored(std::ptrdiff_t place, std::size_t size) {
    if (size == 1) return 0;
    const auto period = static_cast<std::ptrdiff_t>(2 * (size - 1));
    place %= period;
    if (place < 0) place += period;
    const auto last = static_cast<std::ptrdiff_t>(size - 1);
    return static_cast<std::size_t>(place > last ? period - place : place);
}

/// For each place of a line the places its window covers, one after the other.
std::vector<std::size_t> window_places(std::size_t size, std::size_t window) {
    std::vector<std::size_t> places;
    places.reserve(size * window);
    const auto radius = static_cast<std::ptrdiff_t>(window / 2);
    for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t k = 0; k < window; ++k) {
            places.push_back(mirrored(static_cast<std::ptrdiff_t>(i + k) - radius, size));
        }
    }
    return places;
}

std::uint8_t to_sample(unsigned sum) {
    return static_cast<std::uint8_t>((sum + 128) >> 8);
}

Image blur_rows(const Image& image, const std::vector<unsigned>& weights) {
    Image result = image;
    const std::vector<std::size_t> places = window_places(image.width, weights.size());
    std::uint8_t* to = result.pixels.data();
    for (std::size_t y = 0; y < image.height; ++y) {
        const std::uint8_t* row = image.pixels.data() + y * image.width * image.channels;
        for (std::size_t x = 0; x < image.width; ++x) {
            const std::size_t* window = places.data() + x * weights.size();
            for (std::size_t c = 0; c < image.channels; ++c) {
                unsigned sum = 0;
                for (std::size_t k = 0; k < weights.size(); ++k)
                    sum += weights[k] * row[window[k] * image.channels + c];
                *to++ = to_sample(sum);
            }
        }
    }
    return result;
}

Image blur_columns(const Image& image, const std::vector<unsigned>& weights) {
    Image result = image;
    const std::vector<std::size_t> places = window_places(image.height, weights.size());
    const std::size_t stride = image.width * image.channels;
    std::uint8_t* to = result.pixels.data();
    std::vector<unsigned> sums(stride);
    for (std::size_t y = 0; y < image.height; ++y) {
        std::fill(sums.begin(), sums.end(), 0U);
        for (std::size_t k = 0; k < weights.size(); ++k) {
            const std::uint8_t* from =
                image.pixels.data() + places[y * weights.size() + k] * stride;
            for (std::size_t i = 0; i < stride; ++i)
                sums[i] += weights[k] * from[i];
        }
        to = std::transform(sums.begin(), sums.end(), to, to_sample);
    }
    return result;
}

}  // namespace

Image gaussian_blur(const Image& image, const BlurSigmas& sigmas) {
    DARKROOM_CHECK(image.width > 0 && image.height > 0, "an empty image cannot be blurred");
    DARKROOM_CHECK(
        sigmas.x >= 0 && sigmas.y >= 0, "no standard deviations: {}, {}", sigmas.x, sigmas.y);
    Image result = image;
    if (sigmas.x > 0) result = blur_rows(result, gaussian_weights(sigmas.x));
    if (sigmas.y > 0) result = blur_columns(result, gaussian_weights(sigmas.y));
    return result;
}

}  // namespace darkroom::image
