// SPDX-License-Identifier: Apache-2.0
#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "base/check.h"

namespace darkroom::image {
namespace {

/// Bits behind the point of a weight: eight of a sample and two of headroom fit beside them.
constexpr int kPrecision = 32 - 8 - 2;

/// One output pixel: a run of input pixels and their weights.
struct Window {
    std::size_t first = 0;
    std::vector<int> weights;
};

double box(double x) {
    return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

double bilinear(double x) {
    x = std::abs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

double bicubic(double x) {
    constexpr double kSlope = -0.5;  // a of Keys, 1981
    x = std::abs(x);
    if (x < 1.0) return ((kSlope + 2.0) * x - (kSlope + 3.0)) * x * x + 1.0;
    if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * kSlope;
    return 0.0;
}

double sinc(double x) {
    if (x == 0.0) return 1.0;
    x *= std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) {
    return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
}

struct Kernel {
    double (*weight)(double);
    double support;
};

Kernel kernel_of(Filter filter) {
    switch (filter) {
        case Filter::box:
            return {box, 0.5};
        case Filter::bilinear:
            return {bilinear, 1.0};
        case Filter::bicubic:
            return {bicubic, 2.0};
        case Filter::nearest:
        case Filter::lanczos:
            break;
    }
    return {lanczos, 3.0};
}

int to_fixed(double weight) {
    const double scaled = weight * (1 << kPrecision);
    return static_cast<int>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

int half_up(double value) {
    return static_cast<int>(std::floor(value + 0.5));
}

/// Where each of `to` output pixels looks among `from` input pixels.
std::vector<Window> windows(std::size_t from, std::size_t to, const Kernel& kernel) {
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    const double stretch = std::max(scale, 1.0);
    const double support = kernel.support * stretch;
    const double inverse = 1.0 / stretch;
    std::vector<Window> result(to);
    std::vector<double> weights;
    for (std::size_t i = 0; i < to; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * scale;
        const int first = std::max(half_up(centre - support), 0);
        const int last = std::min(half_up(centre + support), static_cast<int>(from));
        weights.clear();
        double sum = 0.0;
        for (int x = 0; x < last - first; ++x) {
            weights.push_back(kernel.weight((x + first - centre + 0.5) * inverse));
            sum += weights.back();
        }
        result[i].first = static_cast<std::size_t>(first);
        for (const double weight : weights)
            result[i].weights.push_back(to_fixed(sum != 0.0 ? weight / sum : weight));
    }
    return result;
}

std::uint8_t to_sample(int sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> kPrecision, 0, 255));
}

Image blank(std::size_t width, std::size_t height, std::size_t channels) {
    Image image{.width = width, .height = height, .channels = channels};
    image.pixels.resize(width * height * channels);
    return image;
}

constexpr int kHalf = 1 << (kPrecision - 1);

/// One sample from the run of samples that are `stride` apart.
std::uint8_t weighted_sum(
    const std::uint8_t* from, std::size_t stride, const std::vector<int>& weights) {
    int sum = kHalf;
    for (const int weight : weights) {
        sum += *from * weight;
        from += stride;
    }
    return to_sample(sum);
}

Image along_rows(const Image& image, std::size_t width, const Kernel& kernel) {
    Image result = blank(width, image.height, image.channels);
    const std::vector<Window> all = windows(image.width, width, kernel);
    std::uint8_t* to = result.pixels.data();
    for (std::size_t y = 0; y < image.height; ++y) {
        const std::uint8_t* row = image.pixels.data() + y * image.width * image.channels;
        for (const Window& window : all) {
            const std::uint8_t* from = row + window.first * image.channels;
            for (std::size_t c = 0; c < image.channels; ++c)
                *to++ = weighted_sum(from + c, image.channels, window.weights);
        }
    }
    return result;
}

Image along_columns(const Image& image, std::size_t height, const Kernel& kernel) {
    Image result = blank(image.width, height, image.channels);
    const std::size_t stride = image.width * image.channels;
    std::uint8_t* to = result.pixels.data();
    std::vector<int> sums(stride);
    for (const Window& window : windows(image.height, height, kernel)) {
        std::fill(sums.begin(), sums.end(), kHalf);
        const std::uint8_t* from = image.pixels.data() + window.first * stride;
        for (const int weight : window.weights) {
            for (std::size_t i = 0; i < stride; ++i)
                sums[i] += from[i] * weight;
            from += stride;
        }
        to = std::transform(sums.begin(), sums.end(), to, to_sample);
    }
    return result;
}

std::uint8_t times_over_255(unsigned a, unsigned b) {
    const unsigned raised = a * b + 128;
    return static_cast<std::uint8_t>(((raised >> 8) + raised) >> 8);
}

void premultiply(Image& image) {
    for (std::size_t i = 0; i < image.pixels.size(); i += 4) {
        for (std::size_t c = i; c < i + 3; ++c)
            image.pixels[c] = times_over_255(image.pixels[c], image.pixels[i + 3]);
    }
}

void divide_by_alpha(Image& image) {
    for (std::size_t i = 0; i < image.pixels.size(); i += 4) {
        const unsigned alpha = image.pixels[i + 3];
        if (alpha == 0 || alpha == 255) continue;
        for (std::size_t c = i; c < i + 3; ++c) {
            const unsigned colour = 255U * image.pixels[c] / alpha;
            image.pixels[c] = static_cast<std::uint8_t>(std::min(colour, 255U));
        }
    }
}

/// The input pixel of each output pixel. The sum of steps is Pillow's, with its rounding.
std::vector<std::size_t> nearest_positions(std::size_t from, std::size_t to) {
    const double step = static_cast<double>(from) / static_cast<double>(to);
    double position = step * 0.5;
    std::vector<std::size_t> positions(to);
    for (std::size_t& place : positions) {
        place = std::min(static_cast<std::size_t>(position), from - 1);
        position += step;
    }
    return positions;
}

Image nearest(const Image& image, std::size_t width, std::size_t height) {
    Image result = blank(width, height, image.channels);
    const std::vector<std::size_t> columns = nearest_positions(image.width, width);
    std::uint8_t* to = result.pixels.data();
    for (const std::size_t row : nearest_positions(image.height, height)) {
        const std::uint8_t* from = image.pixels.data() + row * image.width * image.channels;
        for (const std::size_t column : columns)
            to = std::copy_n(from + column * image.channels, image.channels, to);
    }
    return result;
}

Image filtered(Image image, std::size_t width, std::size_t height, const Kernel& kernel) {
    if (width != image.width) image = along_rows(image, width, kernel);
    if (height != image.height) image = along_columns(image, height, kernel);
    return image;
}

}  // namespace

Image resize(const Image& image, std::size_t width, std::size_t height, Filter filter) {
    DARKROOM_CHECK(image.width > 0 && image.height > 0, "an empty image has no other size");
    DARKROOM_CHECK(width > 0 && height > 0, "no size: {}x{}", width, height);
    if (width == image.width && height == image.height) return image;
    if (filter == Filter::nearest) return nearest(image, width, height);
    const Kernel kernel = kernel_of(filter);
    if (image.channels != 4) return filtered(image, width, height, kernel);
    Image weighted = image;
    premultiply(weighted);
    weighted = filtered(std::move(weighted), width, height, kernel);
    divide_by_alpha(weighted);
    return weighted;
}

}  // namespace darkroom::image
