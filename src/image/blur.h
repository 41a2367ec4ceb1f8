// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image.h"

namespace darkroom::image {

/// Standard deviations in pixels; 0 leaves the direction alone.
struct BlurSigmas {
    int x = 0;
    int y = 0;
};

/// A Gaussian blur along rows, then along columns, byte for byte as AUTOMATIC1111 blurs a mask
/// (a1111-api.md 2.5): OpenCV's GaussianBlur of 2 * int(2.5 * sigma + 0.5) + 1 pixels in each
/// direction by itself, with its weights in 1/256 and the border mirrored without its last pixel.
/// Throws ContractViolation for a negative sigma or an empty image.
Image gaussian_blur(const Image& image, const BlurSigmas& sigmas);

}  // namespace darkroom::image
