// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"

namespace darkroom::image {

/// What the markers of a JPEG say (ITU-T T.81 annex B). Spans point into the file.
struct JpegMarkers {
    std::size_t width = 0;
    std::size_t height = 0;
    std::size_t scans = 0;
    /// Of the picture; more bytes may follow.
    std::size_t length = 0;
    /// The first comment, and the TIFF structure of the first EXIF segment.
    std::span<const std::byte> comment = {};
    std::span<const std::byte> exif = {};
};

/// Walks the markers up to the end of the picture. Fails with corrupt_input for a broken segment,
/// a second frame, and a file without frame, scan or end.
Result<JpegMarkers> read_jpeg_markers(std::span<const std::byte> bytes);

}  // namespace darkroom::image
