// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "image/image.h"

namespace darkroom::image {

struct Rgb {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;

    bool operator==(const Rgb&) const = default;
};

/// An RGBA image laid on a colour, as RGB; an RGB or grey image as RGB without change.
/// Bytes are those of Pillow's paste with the image as its own mask.
Image flatten(const Image& image, Rgb background);

/// One channel of luminance with ITU-R 601-2 weights, the bytes of Pillow's convert("L"); alpha is
/// dropped.
Image to_grey(const Image& image);

}  // namespace darkroom::image
