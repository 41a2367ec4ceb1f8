// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/image.h"

namespace darkroom::image {

/// A text beside the pixels; the keyword is 1 to 79 printable Latin-1 characters.
struct TextChunk {
    std::string keyword;
    /// UTF-8.
    std::string text;

    bool operator==(const TextChunk&) const = default;
};

/// Writes an 8-bit PNG with its texts before the pixels, in the given order: tEXt where Latin-1
/// holds the text, else iTXt. PNG has no NUL in a text, so it becomes U+FFFD; an empty text is
/// left out. The same input gives the same bytes.
/// Fails with invalid_argument for a bad keyword or an image whose sizes do not fit its pixels.
Result<std::vector<std::byte>> encode_png(const Image& image, const std::vector<TextChunk>& texts);

struct PngLimits {
    std::size_t max_pixels = std::size_t{64} * 1024 * 1024;
    std::size_t max_side = 65535;
    std::size_t max_bytes = std::size_t{256} * 1024 * 1024;
    /// The long side over the short one.
    std::size_t max_ratio = 65535;
    /// One chunk other than pixels, after decompression.
    std::size_t max_chunk_bytes = std::size_t{4} * 1024 * 1024;
    /// All of them together.
    std::size_t max_chunks_bytes = std::size_t{16} * 1024 * 1024;
};

struct DecodedPng {
    /// RGBA when the file has transparency, else RGB, whatever its colour type and depth.
    Image image;
    std::vector<TextChunk> texts;
    /// A TIFF structure (image/exif.h), not applied; empty when the file has none.
    std::vector<std::byte> exif = {};
};

/// Reads a PNG from a stranger: sizes are checked before anything is allocated, checksums count,
/// and texts come back as valid UTF-8.
/// Fails with payload_too_large beyond the limits, else with corrupt_input.
Result<DecodedPng> decode_png(std::span<const std::byte> bytes, const PngLimits& limits = {});

}  // namespace darkroom::image
