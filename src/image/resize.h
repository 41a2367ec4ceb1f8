// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "image/image.h"

namespace darkroom::image {

enum class Filter { nearest, box, bilinear, bicubic, lanczos };

/// The image in another size, byte for byte as Pillow's Image.resize does it: one pass along rows
/// and one along columns, weights of the filter over its support rounded to 22 bits, and the
/// colours of RGBA weighted with their alpha. 1, 3 or 4 channels.
/// Throws ContractViolation for an empty image or size.
Image resize(const Image& image, std::size_t width, std::size_t height, Filter filter);

}  // namespace darkroom::image
