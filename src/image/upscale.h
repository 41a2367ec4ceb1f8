// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "image/image.h"
#include "image/resize.h"

namespace darkroom::image {

/// As A1111's upscalers without a network do it (a1111-api.md 1.5): the image times the factor
/// with the filter, unless both sides are there already, then exactly width x height with Lanczos.
struct UpscaleTarget {
    double factor = 1.0;
    std::size_t width = 0;
    std::size_t height = 0;
};

/// Throws ContractViolation for an empty image or target.
Image upscale(const Image& image, const UpscaleTarget& target, Filter filter);

/// The first image with `share`, from 0 to 1, of the second in it; bytes of Pillow's Image.blend.
/// Throws ContractViolation for images of different forms.
Image blend(const Image& first, const Image& second, double share);

/// An RGB image of that size with the middle of the image in its middle and black around; alpha is
/// dropped, not applied.
Image centred_on_black(const Image& image, std::size_t width, std::size_t height);

}  // namespace darkroom::image
