// SPDX-License-Identifier: Apache-2.0
#include "engine/text/html_entities.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/text/unicode.h"

namespace darkroom::engine {
namespace {

struct Entity {
    std::string_view name;
    std::array<char32_t, 3> text;
};

#include "engine/text/html_entities.inc"

constexpr std::size_t kLongestName = 24;

bool is_alphanumeric(char32_t c) {
    return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}

/// -1 for what is no digit of the base.
int digit_value(char c, int base) {
    if (c >= '0' && c <= '9') return c - '0';
    const int letter = (c | 0x20) - 'a' + 10;
    return base == 16 && letter >= 10 && letter < 16 ? letter : -1;
}

/// True for the code points that Python's html.unescape drops: most controls and non-characters.
bool is_dropped(std::uint32_t code) {
    if (code < 0x20) return code != 0x09 && code != 0x0A && code != 0x0C && code != 0x0D;
    return (code >= 0x7F && code <= 0x9F) || (code >= 0xFDD0 && code <= 0xFDEF) ||
           (code & 0xFFFE) == 0xFFFE;
}

/// The text of a reference such as "233" or "xE9", or nothing where it is not a number.
std::optional<std::u32string> numeric_text(std::string_view digits) {
    const bool hexadecimal = !digits.empty() && (digits.front() == 'x' || digits.front() == 'X');
    if (hexadecimal) digits.remove_prefix(1);
    if (digits.empty()) return std::nullopt;
    const int base = hexadecimal ? 16 : 10;
    std::uint32_t code = 0;
    for (const char c : digits) {
        const int value = digit_value(c, base);
        if (value < 0) return std::nullopt;
        code = std::min<std::uint32_t>(
            code * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(value), 0x110000);
    }
    if (code == 0x0D) return U"\r";
    if (code >= 0x80 && code <= 0x9F) return std::u32string(1, windows_1252(code));
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return U"\uFFFD";
    if (is_dropped(code)) return U"";
    // ftfy takes a semicolon in the result for an incomplete replacement.
    if (code == U';') return std::nullopt;
    return std::u32string(1, code);
}

std::optional<std::u32string> named_text(std::string_view name) {
    const auto at = std::lower_bound(
        kEntities.begin(),
        kEntities.end(),
        name,
        [](const Entity& entity, std::string_view wanted) { return entity.name < wanted; });
    if (at == kEntities.end() || at->name != name) return std::nullopt;
    std::u32string text;
    for (const char32_t c : at->text) {
        if (c != 0) text += c;
    }
    return text;
}

}  // namespace

std::u32string unescape_html(std::u32string_view text) {
    std::u32string unescaped;
    unescaped.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] != U'&') {
            unescaped += text[i++];
            continue;
        }
        const bool numeric = i + 1 < text.size() && text[i + 1] == U'#';
        std::string name;
        std::size_t end = i + (numeric ? 2 : 1);
        while (end < text.size() && is_alphanumeric(text[end]) && name.size() <= kLongestName)
            name += static_cast<char>(text[end++]);
        std::optional<std::u32string> replacement;
        const bool closed = end < text.size() && text[end] == U';';
        if (closed && !name.empty() && name.size() <= kLongestName) {
            replacement = numeric ? numeric_text(name) : named_text(name);
        }
        if (replacement.has_value()) {
            unescaped += *replacement;
            i = end + 1;
        } else {
            unescaped += text[i++];
        }
    }
    return unescaped;
}

}  // namespace darkroom::engine
