// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "image/image.h"
#include "image/inpaint/size.h"

namespace darkroom::image {

/// How a picture of other proportions is brought to a size: A1111's resize_mode 0, 1 and 2.
enum class ResizeMode {
    stretch,
    /// Covers the size; what juts out at two sides is cut off.
    crop,
    /// Lies within the size; the edges are drawn out to the borders.
    fill,
};

/// The picture in that size, as A1111's resize_image without an upscaler (a1111-api.md 2.4). 1 or 3
/// channels. Fails with invalid_argument for proportions that would take too much memory on the
/// way; throws ContractViolation for an empty picture or size.
Result<Image> fit(const Image& picture, Size size, ResizeMode mode);

}  // namespace darkroom::image
