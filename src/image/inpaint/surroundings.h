// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image.h"

namespace darkroom::image {

/// The RGB picture with its masked part replaced by the blurred colours around it (A1111's masked
/// content "fill"): layers of what the mask keeps, blurred less and less, one over the other. The
/// bytes are Pillow's. `mask` has the picture's size and is white where it is filled.
Image filled_from_surroundings(const Image& picture, const Image& mask);

}  // namespace darkroom::image
