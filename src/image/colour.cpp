// SPDX-License-Identifier: Apache-2.0
#include "image/colour.h"

#include "base/check.h"

namespace darkroom::image {
namespace {

/// Rounded value / 255, for value up to 65535.
unsigned divide_by_255(unsigned value) {
    const unsigned raised = value + 128;
    return ((raised >> 8) + raised) >> 8;
}

std::uint8_t blend(unsigned below, unsigned above, unsigned alpha) {
    return static_cast<std::uint8_t>(divide_by_255(below * (255 - alpha) + above * alpha));
}

Image blank_like(const Image& image, std::size_t channels) {
    Image blank{.width = image.width, .height = image.height, .channels = channels};
    blank.pixels.resize(image.width * image.height * channels);
    return blank;
}

}  // namespace

Image flatten(const Image& image, Rgb background) {
    if (image.channels == 3) return image;
    DARKROOM_CHECK(
        image.channels == 1 || image.channels == 4,
        "{} channels cannot be flattened",
        image.channels);
    Image flat = blank_like(image, 3);
    const std::uint8_t* from = image.pixels.data();
    std::uint8_t* to = flat.pixels.data();
    for (std::size_t i = 0; i < image.width * image.height; ++i, from += image.channels, to += 3) {
        const bool grey = image.channels == 1;
        const unsigned alpha = grey ? 255 : from[3];
        to[0] = blend(background.red, from[0], alpha);
        to[1] = blend(background.green, from[grey ? 0 : 1], alpha);
        to[2] = blend(background.blue, from[grey ? 0 : 2], alpha);
    }
    return flat;
}

Image to_grey(const Image& image) {
    if (image.channels == 1) return image;
    DARKROOM_CHECK(image.channels >= 3, "{} channels are no colours", image.channels);
    Image grey = blank_like(image, 1);
    const std::uint8_t* from = image.pixels.data();
    for (std::uint8_t& to : grey.pixels) {
        // 0.299, 0.587 and 0.114 in 1/65536.
        to = static_cast<std::uint8_t>(
            (from[0] * 19595U + from[1] * 38470U + from[2] * 7471U + 0x8000U) >> 16);
        from += image.channels;
    }
    return grey;
}

}  // namespace darkroom::image
