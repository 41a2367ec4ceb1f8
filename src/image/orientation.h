// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image.h"

namespace darkroom::image {

/// The image turned and mirrored as its EXIF orientation, 1 to 8, asks, so that it shows upright.
Image upright(Image image, int orientation);

}  // namespace darkroom::image
