// SPDX-License-Identifier: Apache-2.0
#include "image/inpaint/mask.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "image/colour.h"
#include "image/resize.h"

namespace darkroom::image {
namespace {

constexpr std::size_t kRgba = 4;
constexpr std::uint8_t kWhite = 255;

bool is_transparent(const Image& picture) {
    if (picture.channels != kRgba) return false;
    for (std::size_t i = 3; i < picture.pixels.size(); i += kRgba) {
        if (picture.pixels[i] != kWhite) return true;
    }
    return false;
}

/// One axis of a box, grown to `wanted` pixels.
void grow(std::ptrdiff_t& begin, std::ptrdiff_t& end, double wanted, std::size_t limit) {
    const auto more = static_cast<std::ptrdiff_t>(wanted - static_cast<double>(end - begin));
    const auto outer = static_cast<std::ptrdiff_t>(limit);
    begin -= more / 2;
    end += more - more / 2;
    if (end >= outer) {
        begin -= end - outer;
        end = outer;
    }
    if (begin < 0) {
        end -= begin;
        begin = 0;
    }
    end = std::min(end, outer);
}

}  // namespace

Image mask_from(const Image& picture, bool is_rounded) {
    if (!is_transparent(picture)) return to_grey(picture);
    Image mask = blank({picture.width, picture.height}, 1);
    for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
        const std::uint8_t alpha = picture.pixels[i * kRgba + 3];
        const std::uint8_t rounded = alpha > 128 ? kWhite : 0;
        mask.pixels[i] = is_rounded ? rounded : alpha;
    }
    return mask;
}

Image inverted(Image mask) {
    for (std::uint8_t& value : mask.pixels)
        value = static_cast<std::uint8_t>(kWhite - value);
    return mask;
}

std::optional<Box> repainted_box(const Image& mask, std::size_t padding) {
    DARKROOM_CHECK(mask.channels == 1, "a mask of {} channels", mask.channels);
    std::size_t x1 = mask.width;
    std::size_t y1 = mask.height;
    std::size_t x2 = 0;
    std::size_t y2 = 0;
    for (std::size_t y = 0; y < mask.height; ++y) {
        for (std::size_t x = 0; x < mask.width; ++x) {
            if (mask.pixels[y * mask.width + x] == 0) continue;
            x1 = std::min(x1, x);
            x2 = std::max(x2, x + 1);
            y1 = std::min(y1, y);
            y2 = y + 1;
        }
    }
    if (x2 == 0) return std::nullopt;
    return Box{
        static_cast<std::ptrdiff_t>(x1 - std::min(x1, padding)),
        static_cast<std::ptrdiff_t>(y1 - std::min(y1, padding)),
        static_cast<std::ptrdiff_t>(std::min(x2 + padding, mask.width)),
        static_cast<std::ptrdiff_t>(std::min(y2 + padding, mask.height))};
}

Box grown_to_proportions(Box box, Size working, Size outer) {
    const double own = static_cast<double>(box.x2 - box.x1) / static_cast<double>(box.y2 - box.y1);
    const double wanted = static_cast<double>(working.width) / static_cast<double>(working.height);
    if (own > wanted) {
        grow(box.y1, box.y2, static_cast<double>(box.x2 - box.x1) / wanted, outer.height);
    } else {
        grow(box.x1, box.x2, static_cast<double>(box.y2 - box.y1) * wanted, outer.width);
    }
    return box;
}

Image doubled(Image mask) {
    for (std::uint8_t& value : mask.pixels)
        value = static_cast<std::uint8_t>(std::min(2 * static_cast<int>(value), 255));
    return mask;
}

std::vector<float> latent_weights(const Image& mask, Size latent, bool is_rounded) {
    const Image small = resize(mask, latent.width, latent.height, Filter::bicubic);
    std::vector<float> weights;
    weights.reserve(small.pixels.size());
    for (const std::uint8_t value : small.pixels) {
        const float weight = static_cast<float>(value) / 255.0F;
        weights.push_back(is_rounded ? std::nearbyint(weight) : weight);
    }
    return weights;
}

}  // namespace darkroom::image
