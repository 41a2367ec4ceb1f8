// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace darkroom::image {

/// 8-bit pixels, rows from the top, channels interleaved: 3 is RGB, 4 is RGBA.
struct Image {
    std::size_t width = 0;
    std::size_t height = 0;
    std::size_t channels = 3;
    std::vector<std::uint8_t> pixels = {};

    bool operator==(const Image&) const = default;
};

/// Decoder output [height, width, 3] in [-1, 1] as an RGB image. Values outside are clamped, NaN
/// is black, and 255 * x is truncated, not rounded, as A1111 does (a1111-api.md 2.1).
/// Throws ContractViolation when the number of values is not width * height * 3.
Image to_image(std::span<const float> rgb, std::size_t width, std::size_t height);

}  // namespace darkroom::image
