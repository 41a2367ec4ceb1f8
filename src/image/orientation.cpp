// SPDX-License-Identifier: Apache-2.0
#include "image/orientation.h"

#include <algorithm>

#include "base/check.h"

namespace darkroom::image {

Image upright(Image image, int orientation) {
    DARKROOM_CHECK(orientation >= 1 && orientation <= 8, "no orientation: {}", orientation);
    if (orientation == 1) return image;
    // Exif 2.32, 4.6.4: where the stored first row and first column are when shown.
    const bool turned = orientation >= 5;
    const bool from_right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_bottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    Image result{
        .width = turned ? image.height : image.width,
        .height = turned ? image.width : image.height,
        .channels = image.channels};
    result.pixels.resize(image.pixels.size());
    std::uint8_t* to = result.pixels.data();
    for (std::size_t y = 0; y < result.height; ++y) {
        for (std::size_t x = 0; x < result.width; ++x) {
            std::size_t column = turned ? y : x;
            std::size_t row = turned ? x : y;
            if (from_right) column = image.width - 1 - column;
            if (from_bottom) row = image.height - 1 - row;
            const std::uint8_t* from =
                image.pixels.data() + (row * image.width + column) * image.channels;
            to = std::copy_n(from, image.channels, to);
        }
    }
    return result;
}

}  // namespace darkroom::image
