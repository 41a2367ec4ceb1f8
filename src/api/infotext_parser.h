// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "json/json.h"

namespace darkroom::api {

/// An infotext taken apart.
struct ParsedInfotext {
    std::string prompt;
    std::string negative_prompt;
    /// Texts by their key in the order of the text; a size is two of them, "Size-1" and "Size-2".
    json::Object parameters;
};

/// Reads any text as A1111 does (a1111-api.md 2.13, 1 to 3): without at least three parameters in
/// its last line, all of it is prompt. Never fails; takes time in proportion to the text.
ParsedInfotext parse_infotext(std::string_view text);

/// `parameters` of png-info: "Prompt", "Negative prompt", what the text says, and A1111's defaults
/// for what it does not say (2.13, 5).
json::Object infotext_parameters(const ParsedInfotext& infotext);

}  // namespace darkroom::api
