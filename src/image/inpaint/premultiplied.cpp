// SPDX-License-Identifier: Apache-2.0
#include "image/inpaint/premultiplied.h"

#include <algorithm>
#include <cstddef>

namespace darkroom::image {
namespace {

constexpr unsigned kPrecisionBits = 7;

unsigned shift_for_255(unsigned value) {
    return ((value >> 8) + value) >> 8;
}

}  // namespace

std::uint8_t times(std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(shift_for_255(static_cast<unsigned>(a) * b + 128));
}

Rgba premultiplied(const std::uint8_t* rgb, std::uint8_t alpha) {
    return {times(rgb[0], alpha), times(rgb[1], alpha), times(rgb[2], alpha), alpha};
}

Rgba divided_by_alpha(const Rgba& colour) {
    const unsigned alpha = colour[3];
    if (alpha == 0 || alpha == 255) return colour;
    Rgba divided = colour;
    for (std::size_t c = 0; c < 3; ++c)
        divided[c] = static_cast<std::uint8_t>(std::min(255U * colour[c] / alpha, 255U));
    return divided;
}

Rgba composite(const Rgba& below, const Rgba& above) {
    if (above[3] == 0) return below;
    const unsigned alpha = above[3];
    const unsigned rest = below[3] * (255U - alpha);
    const unsigned total = alpha * 255U + rest;
    const unsigned weight = alpha * 255U * 255U * (1U << kPrecisionBits) / total;
    const unsigned other = 255U * (1U << kPrecisionBits) - weight;
    Rgba result{};
    for (std::size_t c = 0; c < 3; ++c) {
        const unsigned sum = above[c] * weight + below[c] * other;
        result[c] = static_cast<std::uint8_t>(
            shift_for_255(sum + (0x80U << kPrecisionBits)) >> kPrecisionBits);
    }
    result[3] = static_cast<std::uint8_t>(shift_for_255(total + 0x80U));
    return result;
}

}  // namespace darkroom::image
