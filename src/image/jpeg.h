// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/decode_limits.h"
#include "image/image.h"

namespace darkroom::image {

struct DecodedJpeg {
    Image image;
    /// UTF-8; empty when the file has none.
    std::string comment;
    /// A TIFF structure, not applied; empty when the file has none.
    std::vector<std::byte> exif;
};

/// Reads a baseline or progressive JPEG from a stranger as RGB. The markers are walked first, so
/// that size and number of scans are known before anything is allocated. Small damage inside a
/// scan is tolerated as everywhere; a file without its end is not.
/// Fails with payload_too_large beyond the limits, else with corrupt_input.
Result<DecodedJpeg> decode_jpeg(std::span<const std::byte> bytes, const DecodeLimits& limits);

}  // namespace darkroom::image
