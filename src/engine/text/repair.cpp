// SPDX-License-Identifier: Apache-2.0
#include "engine/text/repair.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "engine/text/html_entities.h"
#include "engine/text/unicode.h"

namespace darkroom::engine {
namespace {

constexpr int kMostPasses = 16;
// ftfy 6: TextFixerConfig.max_decode_length.
constexpr std::size_t kLongestSegment = 1'000'000;

constexpr char32_t kEscape = 0x1B;

enum class Unescape { no, yes };

bool is_removed_control(char32_t c) {
    if (c < 0x20) return c != U'\t' && c != U'\n' && c != U'\f' && c != U'\r';
    return c == 0x7F || (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

/// The letters that a Latin ligature or digraph stands for; empty for other characters.
std::u32string_view ligature_letters(char32_t c) {
    switch (c) {
        case U'Ĳ':
            return U"IJ";
        case U'ĳ':
            return U"ij";
        case U'ŉ':
            return U"ʼn";
        case U'Ǳ':
            return U"DZ";
        case U'ǲ':
            return U"Dz";
        case U'ǳ':
            return U"dz";
        case U'Ǆ':
            return U"DŽ";
        case U'ǅ':
            return U"Dž";
        case U'ǆ':
            return U"dž";
        case U'Ǉ':
            return U"LJ";
        case U'ǈ':
            return U"Lj";
        case U'ǉ':
            return U"lj";
        case U'Ǌ':
            return U"NJ";
        case U'ǋ':
            return U"Nj";
        case U'ǌ':
            return U"nj";
        case U'ﬀ':
            return U"ff";
        case U'ﬁ':
            return U"fi";
        case U'ﬂ':
            return U"fl";
        case U'ﬃ':
            return U"ffi";
        case U'ﬄ':
            return U"ffl";
        case U'ﬅ':
            return U"ſt";
        case U'ﬆ':
            return U"st";
        default:
            return {};
    }
}

char32_t straight_quote(char32_t c) {
    if (c == 0x02BC || (c >= 0x2018 && c <= 0x201B)) return U'\'';
    if (c >= 0x201C && c <= 0x201F) return U'"';
    return c;
}

void append_usual_form(std::u32string& text, char32_t c) {
    if (c < 0x80) {
        text += c;
        return;
    }
    const char32_t known = windows_1252(c);
    const std::u32string_view letters = ligature_letters(known);
    if (letters.empty()) {
        append_usual_width(text, straight_quote(known));
    } else {
        for (const char32_t letter : letters)
            text += straight_quote(letter);
    }
}

/// The length of a terminal's colour sequence at `start`, or 0.
std::size_t terminal_escape_length(std::u32string_view text, std::size_t start) {
    if (text[start] != kEscape || start + 1 >= text.size() || text[start + 1] != U'[') return 0;
    std::size_t end = start + 2;
    while (end < text.size() && (text[end] == U';' || decimal_digit(text[end]) >= 0))
        ++end;
    const char32_t last = end < text.size() ? text[end] | 0x20 : 0;
    return last >= U'a' && last <= U'z' ? end + 1 - start : 0;
}

std::u32string without_controls(std::u32string_view text) {
    std::u32string cleaned;
    cleaned.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t escape = terminal_escape_length(text, i);
        const char32_t c = text[i];
        i += std::max<std::size_t>(escape, 1);
        if (c == U'\r') {
            if (i < text.size() && text[i] == U'\n') ++i;
            cleaned += U'\n';
        } else if (c == 0x2028 || c == 0x2029) {
            cleaned += U'\n';
        } else if (escape == 0 && !is_removed_control(c)) {
            cleaned += c;
        }
    }
    return cleaned;
}

/// Printable ASCII and white space without anything that begins a reference.
bool is_plain(std::u32string_view text) {
    return std::all_of(text.begin(), text.end(), [](char32_t c) {
        return (c >= 0x20 && c < 0x7F && c != U'&') || c == U'\n' || c == U'\t';
    });
}

std::u32string repair_segment(std::u32string_view segment, Unescape unescape) {
    std::u32string text(segment);
    if (is_plain(text)) return text;
    for (int pass = 0; pass < kMostPasses; ++pass) {
        const std::u32string unescaped = unescape == Unescape::yes ? unescape_html(text) : text;
        std::u32string usual;
        usual.reserve(unescaped.size());
        for (const char32_t c : unescaped)
            append_usual_form(usual, c);
        std::u32string repaired = normalize_nfc(without_controls(usual));
        if (repaired == text) break;
        text = std::move(repaired);
    }
    return text;
}

}  // namespace

std::u32string repair_text(std::u32string_view text) {
    std::u32string repaired;
    repaired.reserve(text.size());
    Unescape unescape = Unescape::yes;
    while (!text.empty()) {
        const std::size_t line_end = text.find(U'\n');
        std::size_t length = line_end == std::u32string_view::npos ? text.size() : line_end + 1;
        length = std::min(length, kLongestSegment);
        const std::u32string_view segment = text.substr(0, length);
        // One `<` ends the unescaping for the rest of the text, as in ftfy.
        if (segment.find(U'<') != std::u32string_view::npos) unescape = Unescape::no;
        repaired += repair_segment(segment, unescape);
        text.remove_prefix(length);
    }
    return repaired;
}

}  // namespace darkroom::engine
