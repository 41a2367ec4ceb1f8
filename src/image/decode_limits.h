// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/result.h"

namespace darkroom::image {

enum class ImageFormat { png, jpeg, webp };

/// What a picture of a stranger may cost.
struct DecodeLimits {
    std::size_t max_pixels = std::size_t{64} * 1024 * 1024;
    std::size_t max_side = 65535;
    std::size_t max_bytes = std::size_t{128} * 1024 * 1024;
    /// The long side over the short one.
    std::size_t max_ratio = 100;
    /// Of a progressive JPEG; each one costs a pass over all pixels.
    std::size_t max_scans = 100;
    /// Pixels times scans of a JPEG.
    std::size_t max_scanned_pixels = std::size_t{1024} * 1024 * 1024;
    /// Texts and other metadata, all of them together.
    std::size_t max_metadata_bytes = std::size_t{16} * 1024 * 1024;
};

/// Fails with payload_too_large for a size beyond the limits and corrupt_input for an empty one.
Result<void> check_size(std::size_t width, std::size_t height, const DecodeLimits& limits);

}  // namespace darkroom::image
