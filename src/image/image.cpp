// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include <algorithm>

#include "base/check.h"

namespace darkroom::image {
namespace {

std::uint8_t to_byte(float value) {
    const float unit = (value + 1.0F) / 2.0F;
    if (!(unit > 0.0F)) return 0;  // NaN too
    return static_cast<std::uint8_t>(255.0F * std::min(unit, 1.0F));
}

}  // namespace

Image to_image(std::span<const float> rgb, std::size_t width, std::size_t height) {
    DARKROOM_CHECK(
        rgb.size() == width * height * 3,
        "{} values for an image of {}x{}",
        rgb.size(),
        width,
        height);
    Image image{.width = width, .height = height, .channels = 3};
    image.pixels.resize(rgb.size());
    std::ranges::transform(rgb, image.pixels.begin(), to_byte);
    return image;
}

}  // namespace darkroom::image
