// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom::api {

/// A picture in a request: its file, or the object key of one that the caller has already.
struct ImageField {
    std::vector<std::byte> file;
    /// As it was sent, unchecked; empty when `file` is there.
    std::string key;
};

/// Reads base64 (white space around and between is skipped), the same behind
/// "data:image/...;base64,", or an object key, which has a dot in it as no base64 does. Fails with
/// invalid_argument, naming `field`, for a URL and everything else.
Result<ImageField> parse_image_field(std::string_view text, std::string_view field);

/// The id of the upload that an image field names instead of a picture: 32 lower-case hex digits,
/// which as base64 are no file of a picture. Nothing when it is something else.
std::optional<std::string_view> image_upload(std::string_view text);

/// The URL that an image field names instead of a picture; nothing when it is something else.
std::optional<std::string_view> image_url(std::string_view text);

}  // namespace darkroom::api
