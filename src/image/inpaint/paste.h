// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "image/image.h"
#include "image/inpaint/size.h"

namespace darkroom::image {

/// A corner, which may lie outside of the picture it refers to.
struct Place {
    std::ptrdiff_t x = 0;
    std::ptrdiff_t y = 0;
};

/// A part of a picture: x1 and y1 belong to it, x2 and y2 do not.
struct Box {
    std::ptrdiff_t x1 = 0;
    std::ptrdiff_t y1 = 0;
    std::ptrdiff_t x2 = 0;
    std::ptrdiff_t y2 = 0;

    [[nodiscard]] Size size() const {
        return {static_cast<std::size_t>(x2 - x1), static_cast<std::size_t>(y2 - y1)};
    }
    bool operator==(const Box&) const = default;
};

/// A picture of zeros.
Image blank(Size size, std::size_t channels);

/// Lays `above` over a picture with as many channels; what juts out is cut off.
void paste(const Image& above, Image& below, Place place);

/// That part of a picture; zeros where the box juts out.
Image crop(const Image& picture, const Box& box);

}  // namespace darkroom::image
