// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/sha256.h"
#include "image/image.h"

namespace darkroom::image {

/// Pixels without any symmetry, which the reference programs were given as well.
inline Image test_pattern(std::size_t width, std::size_t height, std::size_t channels) {
    Image image{.width = width, .height = height, .channels = channels};
    image.pixels.resize(width * height * channels);
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] = static_cast<std::uint8_t>(i * i * 7 + i * 31 + i / 5 * 17);
    return image;
}

inline std::string pixel_hash(const Image& image) {
    Sha256 hash;
    hash.update(std::as_bytes(std::span(image.pixels)));
    return hash.hex();
}

}  // namespace darkroom::image
