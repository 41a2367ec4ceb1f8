// SPDX-License-Identifier: Apache-2.0
#include "image/inpaint/paste.h"

#include <algorithm>

#include "base/check.h"

namespace darkroom::image {
namespace {

/// Where an axis of the upper picture lies on that of the lower one, cut to what both have.
struct Overlap {
    std::ptrdiff_t from = 0;
    std::ptrdiff_t to = 0;
    std::ptrdiff_t extent = 0;
};

Overlap overlap(std::size_t above, std::size_t below, std::ptrdiff_t offset) {
    const auto end =
        std::min(offset + static_cast<std::ptrdiff_t>(above), static_cast<std::ptrdiff_t>(below));
    const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(offset, 0);
    return {begin - offset, begin, std::max<std::ptrdiff_t>(end - begin, 0)};
}

}  // namespace

Image blank(Size size, std::size_t channels) {
    Image image{.width = size.width, .height = size.height, .channels = channels};
    image.pixels.resize(size.width * size.height * channels);
    return image;
}

void paste(const Image& above, Image& below, Place place) {
    DARKROOM_CHECK(
        above.channels == below.channels, "{} channels over {}", above.channels, below.channels);
    const Overlap x = overlap(above.width, below.width, place.x);
    const Overlap y = overlap(above.height, below.height, place.y);
    const auto channels = static_cast<std::ptrdiff_t>(above.channels);
    for (std::ptrdiff_t row = 0; row < y.extent; ++row) {
        const std::ptrdiff_t from =
            ((y.from + row) * static_cast<std::ptrdiff_t>(above.width) + x.from) * channels;
        const std::ptrdiff_t to =
            ((y.to + row) * static_cast<std::ptrdiff_t>(below.width) + x.to) * channels;
        std::copy_n(above.pixels.begin() + from, x.extent * channels, below.pixels.begin() + to);
    }
}

Image crop(const Image& picture, const Box& box) {
    DARKROOM_CHECK(box.x2 > box.x1 && box.y2 > box.y1, "an empty box");
    Image part = blank(box.size(), picture.channels);
    paste(picture, part, {-box.x1, -box.y1});
    return part;
}

}  // namespace darkroom::image
