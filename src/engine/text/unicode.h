// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace darkroom::engine {

/// General category L.
bool is_letter(char32_t c);
/// General category N: decimal digits, letter numbers, fractions, superscripts.
bool is_number(char32_t c);
/// White space as Python's str.isspace has it, which adds U+001C..U+001F to Unicode's set.
bool is_space(char32_t c);
/// What `\w` matches in a Python pattern: letters, numbers and the underscore.
bool is_word(char32_t c);
/// The value 0..9 of a decimal digit of any script, or -1.
int decimal_digit(char32_t c);

/// Python's str.lower: U+0130 becomes two characters, a sigma at a word's end its final form.
std::u32string to_lower(std::u32string_view text);

/// Unicode normalisation form C (UAX 15).
std::u32string normalize_nfc(std::u32string text);

/// Appends `c`, or for a half-width or full-width form of U+FF01..U+FFEF its usual form, which is
/// two characters for U+FFE3. The ideographic space becomes a space.
void append_usual_width(std::u32string& text, char32_t c);

/// The character that Windows-1252 has where Unicode has the control U+0080..U+009F; five have none
/// and stay.
char32_t windows_1252(char32_t control);

/// Code points of UTF-8; malformed bytes become U+FFFD.
std::u32string decode_utf8(std::string_view text);
std::string encode_utf8(std::u32string_view text);

}  // namespace darkroom::engine
