// SPDX-License-Identifier: Apache-2.0
#include "image/inpaint/fit.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "image/inpaint/paste.h"
#include "image/resize.h"

namespace darkroom::image {
namespace {

constexpr std::size_t kMostPixels = std::size_t{64} << 20;

/// The size with the picture's proportions that touches the wanted one in one direction; the other
/// is wider when the picture covers it, else narrower.
Size proportional(const Image& picture, Size wanted, bool covers) {
    // Quotients in double, as Python compares them.
    const double ratio = static_cast<double>(wanted.width) / static_cast<double>(wanted.height);
    const double own = static_cast<double>(picture.width) / static_cast<double>(picture.height);
    const bool by_width = covers ? ratio > own : ratio < own;
    const bool by_height = covers ? ratio <= own : ratio >= own;
    Size size;
    size.width = by_width ? wanted.width : picture.width * wanted.height / picture.height;
    size.height = by_height ? wanted.height : picture.height * wanted.width / picture.width;
    return {std::max<std::size_t>(size.width, 1), std::max<std::size_t>(size.height, 1)};
}

/// What Pillow's bicubic filter makes of a box without extent at the edge: the first sample and the
/// one behind it with weights 9/8 and -1/8.
std::uint8_t drawn_out(std::uint8_t edge, std::uint8_t behind) {
    const int value = (9 * static_cast<int>(edge) - static_cast<int>(behind) + 4) >> 3;
    return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

/// Puts the edge of the picture, drawn out, into the lines `from` to `to` of the target.
struct Border {
    const Image& picture;
    Image& target;

    void rows(std::size_t edge, std::size_t behind, std::size_t from, std::size_t to) {
        const std::size_t row = target.width * target.channels;
        for (std::size_t y = from; y < std::min(to, target.height); ++y) {
            for (std::size_t i = 0; i < row; ++i) {
                target.pixels[y * row + i] =
                    drawn_out(picture.pixels[edge * row + i], picture.pixels[behind * row + i]);
            }
        }
    }

    void columns(std::size_t edge, std::size_t behind, std::size_t from, std::size_t to) {
        const std::size_t channels = target.channels;
        for (std::size_t y = 0; y < target.height; ++y) {
            const std::uint8_t* row = &picture.pixels[y * picture.width * channels];
            for (std::size_t x = from; x < std::min(to, target.width); ++x) {
                for (std::size_t c = 0; c < channels; ++c) {
                    target.pixels[(y * target.width + x) * channels + c] =
                        drawn_out(row[edge * channels + c], row[behind * channels + c]);
                }
            }
        }
    }
};

void fill_borders(const Image& picture, Image& target) {
    Border border{picture, target};
    const std::size_t above = target.height / 2 - picture.height / 2;
    const std::size_t before = target.width / 2 - picture.width / 2;
    if (picture.height < target.height && above > 0) {
        const std::size_t last = picture.height - 1;
        const std::size_t end = above + picture.height;
        border.rows(0, std::min<std::size_t>(1, last), 0, above);
        border.rows(last, last - std::min<std::size_t>(1, last), end, end + above);
    } else if (picture.width < target.width && before > 0) {
        const std::size_t last = picture.width - 1;
        const std::size_t end = before + picture.width;
        border.columns(0, std::min<std::size_t>(1, last), 0, before);
        border.columns(last, last - std::min<std::size_t>(1, last), end, end + before);
    }
}

}  // namespace

Result<Image> fit(const Image& picture, Size size, ResizeMode mode) {
    DARKROOM_CHECK(
        picture.width > 0 && picture.height > 0 && size.width > 0 && size.height > 0,
        "a picture of {}x{} cannot be fitted into {}x{}",
        picture.width,
        picture.height,
        size.width,
        size.height);
    if (mode == ResizeMode::stretch) {
        return resize(picture, size.width, size.height, Filter::lanczos);
    }
    const Size inner = proportional(picture, size, mode == ResizeMode::crop);
    if (inner.width > kMostPixels / inner.height) {
        return Error{
            ErrorCode::invalid_argument,
            format(
                "the proportions of the picture and of the size asked for differ too much for this "
                "resize_mode: {}x{} and {}x{}",
                picture.width,
                picture.height,
                size.width,
                size.height),
            "resize_mode"};
    }
    const Image resized = resize(picture, inner.width, inner.height, Filter::lanczos);
    Image result = blank(size, picture.channels);
    const Place place{
        static_cast<std::ptrdiff_t>(size.width / 2) - static_cast<std::ptrdiff_t>(inner.width / 2),
        static_cast<std::ptrdiff_t>(size.height / 2) -
            static_cast<std::ptrdiff_t>(inner.height / 2)};
    paste(resized, result, place);
    if (mode == ResizeMode::fill) fill_borders(resized, result);
    return result;
}

}  // namespace darkroom::image
