// SPDX-License-Identifier: Apache-2.0
#include "image/inpaint/surroundings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "base/check.h"
#include "image/inpaint/paste.h"
#include "image/inpaint/premultiplied.h"

namespace darkroom::image {
namespace {

constexpr std::size_t kRgb = 3;
constexpr std::size_t kRgba = 4;
constexpr int kPasses = 3;
constexpr float kOne = 16777216.0F;  // 2^24

struct Layer {
    float radius = 0;
    int repeats = 1;
};

constexpr std::array<Layer, 6> kLayers = {{{256, 1}, {64, 1}, {16, 2}, {4, 4}, {2, 2}, {0, 1}}};

/// Gwosdek et al. 2011, equations 7, 11 and 14, in the precision of Pillow's BoxBlur.c.
float box_radius(float radius) {
    const float sigma2 = radius * radius / static_cast<float>(kPasses);
    const auto length = static_cast<float>(std::sqrt(12.0 * static_cast<double>(sigma2) + 1.0));
    const auto whole = static_cast<float>(std::floor((static_cast<double>(length) - 1.0) / 2.0));
    float fraction = (2 * whole + 1) * (whole * (whole + 1) - 3 * sigma2);
    fraction /= 6 * (sigma2 - (whole + 1) * (whole + 1));
    return whole + fraction;
}

/// A box filter of fractional radius over one line of RGBa pixels, the ends repeated. Weights are
/// in 1 / 2^24.
class BoxFilter {
  public:
    explicit BoxFilter(float radius)
        : radius_(static_cast<std::ptrdiff_t>(radius)),
          whole_(static_cast<std::uint32_t>(kOne / (radius * 2 + 1))),
          part_(((1U << 24U) - static_cast<std::uint32_t>(radius_ * 2 + 1) * whole_) / 2) {}

    /// Pixels are `stride` bytes apart in `line`.
    void run(std::uint8_t* line, std::size_t length, std::size_t stride) {
        source_.resize(length * kRgba);
        for (std::size_t i = 0; i < length; ++i)
            std::copy_n(line + i * stride, kRgba, &source_[i * kRgba]);
        const auto last = static_cast<std::ptrdiff_t>(length) - 1;
        std::array<std::uint32_t, kRgba> sums{};
        for (std::ptrdiff_t i = -radius_ - 1; i < radius_; ++i) {
            for (std::size_t c = 0; c < kRgba; ++c)
                sums[c] += at(i, last)[c];
        }
        for (std::ptrdiff_t i = 0; i <= last; ++i) {
            const std::uint8_t* before = at(i - radius_ - 1, last);
            const std::uint8_t* newest = at(i + radius_, last);
            const std::uint8_t* after = at(i + radius_ + 1, last);
            std::uint8_t* to = line + static_cast<std::size_t>(i) * stride;
            for (std::size_t c = 0; c < kRgba; ++c) {
                sums[c] += static_cast<std::uint32_t>(newest[c]) - before[c];
                const std::uint32_t edges = static_cast<std::uint32_t>(before[c]) + after[c];
                const std::uint32_t bulk = sums[c] * whole_ + edges * part_;
                to[c] = static_cast<std::uint8_t>((bulk + (1U << 23U)) >> 24U);
            }
        }
    }

  private:
    [[nodiscard]] const std::uint8_t* at(std::ptrdiff_t place, std::ptrdiff_t last) const {
        const auto clamped = std::clamp<std::ptrdiff_t>(place, 0, last);
        return &source_[static_cast<std::size_t>(clamped) * kRgba];
    }

    std::ptrdiff_t radius_;
    std::uint32_t whole_;
    std::uint32_t part_;
    std::vector<std::uint8_t> source_;
};

Image blurred(Image image, float radius) {
    if (radius == 0.0F) return image;
    BoxFilter filter(box_radius(radius));
    const std::size_t row = image.width * kRgba;
    for (std::size_t y = 0; y < image.height; ++y) {
        for (int pass = 0; pass < kPasses; ++pass)
            filter.run(&image.pixels[y * row], image.width, kRgba);
    }
    for (std::size_t x = 0; x < image.width; ++x) {
        for (int pass = 0; pass < kPasses; ++pass)
            filter.run(&image.pixels[x * kRgba], image.height, row);
    }
    return image;
}

Rgba pixel_of(const Image& image, std::size_t index) {
    Rgba pixel{};
    std::copy_n(&image.pixels[index * kRgba], kRgba, pixel.begin());
    return pixel;
}

}  // namespace

Image filled_from_surroundings(const Image& picture, const Image& mask) {
    DARKROOM_CHECK(
        picture.channels == kRgb && mask.channels == 1 && mask.width == picture.width &&
            mask.height == picture.height,
        "a mask of {}x{} for a picture of {}x{}",
        mask.width,
        mask.height,
        picture.width,
        picture.height);
    const std::size_t count = mask.pixels.size();
    Image kept = blank({picture.width, picture.height}, kRgba);
    for (std::size_t i = 0; i < count; ++i) {
        const Rgba pixel = premultiplied(
            &picture.pixels[i * kRgb], static_cast<std::uint8_t>(255 - mask.pixels[i]));
        std::copy(pixel.begin(), pixel.end(), &kept.pixels[i * kRgba]);
    }
    Image result = blank({picture.width, picture.height}, kRgba);
    for (const Layer& layer : kLayers) {
        const Image above = blurred(kept, layer.radius);
        for (std::size_t i = 0; i < count; ++i) {
            const Rgba over = divided_by_alpha(pixel_of(above, i));
            Rgba mixed = pixel_of(result, i);
            for (int repeat = 0; repeat < layer.repeats; ++repeat)
                mixed = composite(mixed, over);
            std::copy(mixed.begin(), mixed.end(), &result.pixels[i * kRgba]);
        }
    }
    Image flat = blank({picture.width, picture.height}, kRgb);
    for (std::size_t i = 0; i < count; ++i)
        std::copy_n(&result.pixels[i * kRgba], kRgb, &flat.pixels[i * kRgb]);
    return flat;
}

}  // namespace darkroom::image
