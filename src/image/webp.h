// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "image/decode_limits.h"
#include "image/image.h"

namespace darkroom::image {

struct DecodedWebp {
    Image image;
    /// A TIFF structure, not applied; empty when the file has none.
    std::vector<std::byte> exif;
};

/// Reads a still WebP, lossy or lossless, from a stranger: RGBA when it says it has alpha, else
/// RGB. Fails with payload_too_large beyond the limits, else with corrupt_input, for an animation
/// too.
Result<DecodedWebp> decode_webp(std::span<const std::byte> bytes, const DecodeLimits& limits);

}  // namespace darkroom::image
