// SPDX-License-Identifier: Apache-2.0
#include "engine/text/unicode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "base/encoding.h"

namespace darkroom::engine {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

/// Every `stride`-th character of a range has the lower case `delta` away.
struct LowerRun {
    char32_t first;
    char32_t last;
    char32_t stride;
    int delta;
};

struct CombiningClass {
    char32_t first;
    char32_t last;
    int value;
};

/// One canonical step; `second` is 0 where there is one character only.
struct Decomposition {
    char32_t code;
    char32_t first;
    char32_t second;
};

struct Composition {
    char32_t first;
    char32_t second;
    char32_t code;
};

struct Width {
    char32_t code;
    char32_t first;
    char32_t second;
};

#include "engine/text/unicode_tables.inc"

/// The row of a sorted range table that holds `c`, or nullptr.
template <class Row>
const Row* find_range(std::span<const Row> rows, char32_t c) {
    const auto after =
        std::upper_bound(rows.begin(), rows.end(), c, [](char32_t code, const Row& row) {
            return code < row.first;
        });
    if (after == rows.begin()) return nullptr;
    const Row& row = *(after - 1);
    return c <= row.last ? &row : nullptr;
}

/// The row of a table sorted by `code`, or nullptr.
template <class Row>
const Row* find_code(std::span<const Row> rows, char32_t c) {
    const auto at = std::lower_bound(
        rows.begin(), rows.end(), c, [](const Row& row, char32_t code) { return row.code < code; });
    return at != rows.end() && at->code == c ? &*at : nullptr;
}

char32_t lower_of(char32_t c) {
    if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 0x20 : c;
    const LowerRun* run = find_range<LowerRun>(kLowerRuns, c);
    if (run == nullptr || (c - run->first) % run->stride != 0) return c;
    return static_cast<char32_t>(static_cast<int>(c) + run->delta);
}

bool is_cased(char32_t c) {
    return find_range<Range>(kCased, c) != nullptr;
}

bool is_case_ignorable(char32_t c) {
    return find_range<Range>(kCaseIgnorable, c) != nullptr;
}

int combining_class(char32_t c) {
    if (c < 0x300) return 0;
    const CombiningClass* row = find_range<CombiningClass>(kCombiningClasses, c);
    return row == nullptr ? 0 : row->value;
}

constexpr std::array<char32_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

// Hangul syllables: the Unicode Standard, section 3.12.
constexpr char32_t kSyllables = 0xAC00;
constexpr char32_t kLeads = 0x1100;
constexpr char32_t kVowels = 0x1161;
constexpr char32_t kTails = 0x11A7;
constexpr char32_t kVowelCount = 21;
constexpr char32_t kTailCount = 28;
constexpr char32_t kLeadCount = 19;
constexpr char32_t kSyllableCount = kLeadCount * kVowelCount * kTailCount;

void append_decomposed(std::u32string& text, char32_t c) {
    if (c < 0xC0) {
        text += c;
        return;
    }
    if (c - kSyllables < kSyllableCount) {
        const char32_t index = c - kSyllables;
        text += kLeads + index / (kVowelCount * kTailCount);
        text += kVowels + index % (kVowelCount * kTailCount) / kTailCount;
        if (index % kTailCount != 0) text += kTails + index % kTailCount;
        return;
    }
    // Only the first part of a step has a further step, so the second parts come out reversed.
    std::array<char32_t, 8> seconds{};
    std::size_t count = 0;
    const Decomposition* row = find_code<Decomposition>(kDecompositions, c);
    while (row != nullptr) {
        if (row->second != 0) seconds.at(count++) = row->second;
        c = row->first;
        row = find_code<Decomposition>(kDecompositions, c);
    }
    text += c;
    while (count > 0)
        text += seconds.at(--count);
}

/// Sorts each run of combining marks by class, keeping the order within a class.
void order_marks(std::u32string& text) {
    for (std::size_t i = 0; i < text.size();) {
        if (combining_class(text[i]) == 0) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < text.size() && combining_class(text[end]) != 0)
            ++end;
        std::stable_sort(
            text.begin() + static_cast<std::ptrdiff_t>(i),
            text.begin() + static_cast<std::ptrdiff_t>(end),
            [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
        i = end;
    }
}

/// The primary composite of two characters, or 0.
char32_t composite(char32_t first, char32_t second) {
    if (first - kLeads < kLeadCount && second - kVowels < kVowelCount) {
        return kSyllables + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTailCount;
    }
    if (first - kSyllables < kSyllableCount && (first - kSyllables) % kTailCount == 0 &&
        second > kTails && second - kTails < kTailCount) {
        return first + (second - kTails);
    }
    const auto at = std::lower_bound(
        kCompositions.begin(),
        kCompositions.end(),
        Composition{first, second, 0},
        [](const Composition& a, const Composition& b) {
            return a.first != b.first ? a.first < b.first : a.second < b.second;
        });
    const bool found = at != kCompositions.end() && at->first == first && at->second == second;
    return found ? at->code : 0;
}

}  // namespace

bool is_letter(char32_t c) {
    if (c < 0x80) return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
    return find_range<Range>(kLetters, c) != nullptr;
}

bool is_number(char32_t c) {
    if (c < 0x80) return c >= U'0' && c <= U'9';
    return find_range<Range>(kNumbers, c) != nullptr;
}

bool is_space(char32_t c) {
    if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_word(char32_t c) {
    return c == U'_' || is_letter(c) || is_number(c);
}

int decimal_digit(char32_t c) {
    const auto after = std::upper_bound(kDecimalZeros.begin(), kDecimalZeros.end(), c);
    if (after == kDecimalZeros.begin()) return -1;
    const char32_t distance = c - *(after - 1);
    return distance < 10 ? static_cast<int>(distance) : -1;
}

std::u32string to_lower(std::u32string_view text) {
    std::u32string lowered;
    lowered.reserve(text.size());
    // Whether the nearest character before that is not case-ignorable is cased.
    bool after_cased = false;
    // The last sigma, while what follows it may still make it final.
    std::size_t pending_sigma = std::u32string::npos;
    const bool has_sigma = text.find(U'Σ') != std::u32string_view::npos;
    for (const char32_t c : text) {
        const bool ignorable = has_sigma && is_case_ignorable(c);
        const bool cased = has_sigma && !ignorable && is_cased(c);
        if (!ignorable) {
            if (pending_sigma != std::u32string::npos && !cased) lowered[pending_sigma] = U'ς';
            pending_sigma = std::u32string::npos;
        }
        if (c == U'Σ' && after_cased) pending_sigma = lowered.size();
        if (c == U'İ') {
            lowered += U"i\u0307";
        } else {
            lowered += lower_of(c);
        }
        if (!ignorable) after_cased = cased;
    }
    if (pending_sigma != std::u32string::npos) lowered[pending_sigma] = U'ς';
    return lowered;
}

std::u32string normalize_nfc(std::u32string text) {
    const auto may_change = [](char32_t c) { return c >= 0x300; };
    if (std::none_of(text.begin(), text.end(), may_change)) return text;
    std::u32string decomposed;
    decomposed.reserve(text.size());
    for (const char32_t c : text)
        append_decomposed(decomposed, c);
    order_marks(decomposed);

    std::u32string composed;
    composed.reserve(decomposed.size());
    std::size_t starter = std::u32string::npos;
    int last_class = 0;
    for (const char32_t c : decomposed) {
        const int own_class = combining_class(c);
        const bool reachable = last_class == 0 || last_class < own_class;
        if (starter != std::u32string::npos && reachable) {
            const char32_t joined = composite(composed[starter], c);
            if (joined != 0) {
                composed[starter] = joined;
                continue;
            }
        }
        if (own_class == 0) starter = composed.size();
        last_class = own_class;
        composed += c;
    }
    return composed;
}

void append_usual_width(std::u32string& text, char32_t c) {
    if (c == 0x3000) {
        text += U' ';
        return;
    }
    const bool has_row = c >= kWidths.front().code && c <= kWidths.back().code;
    const Width* row = has_row ? find_code<Width>(kWidths, c) : nullptr;
    text += row == nullptr ? c : row->first;
    if (row != nullptr && row->second != 0) text += row->second;
}

char32_t windows_1252(char32_t control) {
    return control >= 0x80 && control < 0xA0 ? kWindows1252.at(control - 0x80) : control;
}

std::u32string decode_utf8(std::string_view text) {
    std::u32string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size();)
        decoded += next_code_point(text, i);
    return decoded;
}

std::string encode_utf8(std::u32string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char32_t c : text)
        append_utf8(encoded, c);
    return encoded;
}

}  // namespace darkroom::engine
