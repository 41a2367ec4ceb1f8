// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/refusal.h"

/// POST /sdapi/v1/png-info (a1111-api.md 1.5).
namespace darkroom::api {

/// What a picture's file says in words.
struct PictureTexts {
    /// Keyword and text, in the order of the file.
    std::vector<std::pair<std::string, std::string>> texts;
    bool has_exif = false;
    /// EXIF's UserComment.
    std::optional<std::string> user_comment;
};

/// The `image` of a body. Refuses as pydantic does, and an absent or null one with 422 too.
Outcome<std::string> parse_png_info(std::string_view body);

/// The infotext of a picture: its user comment; in a file without EXIF its comment; else its text
/// "parameters"; empty when there is none.
std::string infotext_of(const PictureTexts& picture);

/// {"info", "items", "parameters"}.
json::Object png_info_body(const PictureTexts& picture);

}  // namespace darkroom::api
