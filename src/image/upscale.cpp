// SPDX-License-Identifier: Apache-2.0
#include "image/upscale.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace darkroom::image {
namespace {

constexpr int kMostPasses = 3;

std::size_t times(std::size_t side, double factor) {
    return std::max<std::size_t>(static_cast<std::size_t>(static_cast<double>(side) * factor), 1);
}

}  // namespace

Image upscale(const Image& image, const UpscaleTarget& target, Filter filter) {
    Image result = image;
    for (int pass = 0; pass < kMostPasses; ++pass) {
        if (result.width >= target.width && result.height >= target.height) break;
        const std::size_t width = times(result.width, target.factor);
        const std::size_t height = times(result.height, target.factor);
        if (width == result.width && height == result.height) break;
        result = resize(result, width, height, filter);
    }
    return resize(result, target.width, target.height, Filter::lanczos);
}

Image blend(const Image& first, const Image& second, double share) {
    DARKROOM_CHECK(
        first.width == second.width && first.height == second.height &&
            first.channels == second.channels,
        "images of {}x{} and {}x{} cannot be blended",
        first.width,
        first.height,
        second.width,
        second.height);
    Image result = first;
    const auto alpha = static_cast<float>(share);
    for (std::size_t i = 0; i < result.pixels.size(); ++i) {
        const int from = first.pixels[i];
        const int difference = second.pixels[i] - from;
        result.pixels[i] = static_cast<std::uint8_t>(
            static_cast<float>(from) + alpha * static_cast<float>(difference));
    }
    return result;
}

Image centred_on_black(const Image& image, std::size_t width, std::size_t height) {
    DARKROOM_CHECK(image.channels >= 3, "{} channels are no colours", image.channels);
    Image result{.width = width, .height = height, .channels = 3};
    result.pixels.resize(width * height * 3);
    // Where the image begins in the result; negative when it sticks out.
    const auto left =
        static_cast<std::ptrdiff_t>(width / 2) - static_cast<std::ptrdiff_t>(image.width / 2);
    const auto top =
        static_cast<std::ptrdiff_t>(height / 2) - static_cast<std::ptrdiff_t>(image.height / 2);
    for (std::size_t y = 0; y < height; ++y) {
        const auto row = static_cast<std::ptrdiff_t>(y) - top;
        if (row < 0 || row >= static_cast<std::ptrdiff_t>(image.height)) continue;
        for (std::size_t x = 0; x < width; ++x) {
            const auto column = static_cast<std::ptrdiff_t>(x) - left;
            if (column < 0 || column >= static_cast<std::ptrdiff_t>(image.width)) continue;
            const std::size_t from =
                static_cast<std::size_t>(row) * image.width + static_cast<std::size_t>(column);
            std::copy_n(
                image.pixels.data() + from * image.channels,
                3,
                result.pixels.data() + (y * width + x) * 3);
        }
    }
    return result;
}

}  // namespace darkroom::image
