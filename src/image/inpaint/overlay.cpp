// SPDX-License-Identifier: Apache-2.0
#include "image/inpaint/overlay.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "image/inpaint/fit.h"
#include "image/inpaint/premultiplied.h"

namespace darkroom::image {
namespace {

constexpr std::size_t kRgb = 3;

}  // namespace

Overlay::Overlay(Image original, Image mask, std::optional<Box> region)
    : original_(std::move(original)), mask_(std::move(mask)), region_(region) {
    DARKROOM_CHECK(
        original_.channels == kRgb && mask_.channels == 1 && mask_.width == original_.width &&
            mask_.height == original_.height,
        "a mask of {}x{} for a picture of {}x{}",
        mask_.width,
        mask_.height,
        original_.width,
        original_.height);
}

Result<Image> Overlay::apply(const Image& repainted) const {
    Image below = repainted;
    Box drawn{
        0,
        0,
        static_cast<std::ptrdiff_t>(original_.width),
        static_cast<std::ptrdiff_t>(original_.height)};
    if (region_) {
        drawn = *region_;
        DARKROOM_TRY_ASSIGN(const Image part, fit(repainted, region_->size(), ResizeMode::crop));
        below = blank({original_.width, original_.height}, kRgb);
        paste(part, below, {drawn.x1, drawn.y1});
    }
    DARKROOM_CHECK(
        below.width == original_.width && below.height == original_.height &&
            below.channels == kRgb,
        "a picture of {}x{} under an overlay of {}x{}",
        below.width,
        below.height,
        original_.width,
        original_.height);
    for (std::size_t i = 0; i < mask_.pixels.size(); ++i) {
        const auto x = static_cast<std::ptrdiff_t>(i % original_.width);
        const auto y = static_cast<std::ptrdiff_t>(i / original_.width);
        const bool is_drawn = x >= drawn.x1 && x < drawn.x2 && y >= drawn.y1 && y < drawn.y2;
        const auto kept = static_cast<std::uint8_t>(255 - mask_.pixels[i]);
        std::uint8_t* pixel = &below.pixels[i * kRgb];
        const Rgba under{
            pixel[0], pixel[1], pixel[2], static_cast<std::uint8_t>(is_drawn ? 255 : 0)};
        const Rgba over = divided_by_alpha(premultiplied(&original_.pixels[i * kRgb], kept));
        const Rgba mixed = composite(under, over);
        std::copy_n(mixed.begin(), kRgb, pixel);
    }
    return below;
}

}  // namespace darkroom::image
