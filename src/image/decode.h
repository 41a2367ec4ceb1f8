// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "image/colour.h"
#include "image/decode_limits.h"
#include "image/image.h"
#include "image/png.h"

namespace darkroom::image {

struct DecodeOptions {
    DecodeLimits limits = {};
    /// When set, transparent pixels are laid on this colour and the image is RGB; else alpha stays.
    std::optional<Rgb> background = {};
};

struct DecodedImage {
    /// RGBA when the file has transparency, else RGB; upright.
    Image image;
    ImageFormat format = ImageFormat::png;
    /// PNG's texts; a JPEG's comment under the keyword "comment".
    std::vector<TextChunk> texts;
    /// The TIFF structure of the file's EXIF, if it has one (image/exif.h reads it).
    std::vector<std::byte> exif;
};

/// Which format the first bytes announce, whatever the file is called.
std::optional<ImageFormat> format_of(std::span<const std::byte> bytes);

/// Reads a PNG, JPEG or WebP from a stranger, recognised by its first bytes: the header is held
/// against the limits before anything is allocated for pixels, and the orientation in its EXIF is
/// applied. Of an animated PNG it is the still picture; animated WebP is refused. CMYK becomes
/// RGB without a colour profile, taken as inverted like every Adobe file.
/// Fails with payload_too_large beyond the limits, else with corrupt_input.
Result<Image> decode(std::span<const std::byte> bytes, const DecodeOptions& options = {});

/// The same with what else the file says.
Result<DecodedImage> decode_with_texts(
    std::span<const std::byte> bytes, const DecodeOptions& options = {});

}  // namespace darkroom::image
