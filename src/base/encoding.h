// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom {

/// RFC 4648 base64 with padding.
std::string base64_encode(std::span<const std::byte> bytes);

/// Strict reverse of base64_encode (white space refused). Fails with invalid_argument.
Result<std::vector<std::byte>> base64_decode(std::string_view text);

/// True when `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_valid_utf8(std::string_view text);

/// `text` with each malformed byte sequence replaced by U+FFFD.
std::string repair_utf8(std::string_view text);

/// The next code point of well-formed UTF-8, advancing `position` past it; U+FFFD for a bad byte.
char32_t next_code_point(std::string_view text, std::size_t& position);

/// Appends a code point as UTF-8.
void append_utf8(std::string& text, char32_t code_point);

}  // namespace darkroom
