// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace darkroom::engine {

/// Replaces the character references that end in a semicolon: `&eacute;`, `&EACUTE;`, `&#233;`,
/// `&#xE9;`. Unknown names stay as they are. One pass: what a replacement spells is not read again.
/// Matches ftfy.fixes.unescape_html over Python's html.entities.html5.
std::u32string unescape_html(std::u32string_view text);

}  // namespace darkroom::engine
