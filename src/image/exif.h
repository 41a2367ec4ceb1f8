// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace darkroom::image {

/// The orientation 1 to 8 of a TIFF structure (Exif 2.32, tag 0x0112); 1 when it has none or is
/// broken.
int exif_orientation(std::span<const std::byte> exif);

/// The UserComment (tag 0x9286) as UTF-8, where AUTOMATIC1111 keeps the infotext of a JPEG or
/// WebP: UTF-16BE behind "UNICODE", else its bytes with what is not UTF-8 replaced. Nothing when
/// there is none, it is empty, or the structure is broken.
std::optional<std::string> exif_user_comment(std::span<const std::byte> exif);

}  // namespace darkroom::image
