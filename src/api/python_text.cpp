// SPDX-License-Identifier: Apache-2.0
#include "api/python_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/encoding.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr std::string_view kSpace = " \t\n\r\v\f";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view strip(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// The text without underscores that stand between digits; nothing when one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            digits += text[i];
            continue;
        }
        const bool between =
            i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) && is_digit(text[i + 1]);
        if (!between) return std::nullopt;
    }
    return digits;
}

struct SignedText {
    bool negative = false;
    std::string magnitude;
};

std::optional<SignedText> split_sign(std::string_view text) {
    text = strip(text);
    SignedText result;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        result.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    std::optional<std::string> magnitude = without_underscores(text);
    if (!magnitude || magnitude->empty()) return std::nullopt;
    result.magnitude = *std::move(magnitude);
    return result;
}

/// "d.ddde±xx" taken apart: the digits, and the power of ten of the first one.
struct Digits {
    std::string text;
    int exponent = 0;
};

Digits shortest_digits(double magnitude) {
    std::array<char, 40> buffer{};
    const auto end =
        std::to_chars(
            buffer.data(), buffer.data() + buffer.size(), magnitude, std::chars_format::scientific)
            .ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const std::size_t e = text.find('e');
    Digits digits;
    for (const char c : text.substr(0, e)) {
        if (c != '.') digits.text += c;
    }
    std::size_t from = e + 1;
    if (text[from] == '+') ++from;
    std::from_chars(text.data() + from, text.data() + text.size(), digits.exponent);
    return digits;
}

std::string fixed(const Digits& digits) {
    if (digits.exponent < 0) {
        return "0." + std::string(static_cast<std::size_t>(-digits.exponent - 1), '0') +
               digits.text;
    }
    const std::size_t whole = static_cast<std::size_t>(digits.exponent) + 1;
    if (digits.text.size() <= whole) {
        return digits.text + std::string(whole - digits.text.size(), '0') + ".0";
    }
    return digits.text.substr(0, whole) + "." + digits.text.substr(whole);
}

std::string scientific(const Digits& digits) {
    std::string text = digits.text.substr(0, 1);
    if (digits.text.size() > 1) text += "." + digits.text.substr(1);
    const int power = std::abs(digits.exponent);
    return text + (digits.exponent < 0 ? "e-" : "e+") + (power < 10 ? "0" : "") +
           std::to_string(power);
}

bool is_python_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace

std::string python_float(double value) {
    if (std::isnan(value)) return "nan";
    const std::string sign = std::signbit(value) ? "-" : "";
    if (std::isinf(value)) return sign + "inf";
    const Digits digits = shortest_digits(std::abs(value));
    const bool is_fixed = digits.exponent >= -4 && digits.exponent < 16;
    return sign + (is_fixed ? fixed(digits) : scientific(digits));
}

std::string python_repr(std::string_view text) {
    const bool double_quoted =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
    const char quote = double_quoted ? '"' : '\'';
    std::string result(1, quote);
    for (const char c : text) {
        if (c == quote || c == '\\') {
            result += '\\';
            result += c;
        } else if (c == '\n') {
            result += "\\n";
        } else if (c == '\r') {
            result += "\\r";
        } else if (c == '\t') {
            result += "\\t";
        } else if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7F) {
            result += format("\\x{:02x}", byte);
        } else {
            result += c;
        }
    }
    return result + quote;
}

std::optional<std::int64_t> parse_python_int(std::string_view text) {
    const std::optional<SignedText> parts = split_sign(text);
    if (!parts || !std::ranges::all_of(parts->magnitude, is_digit)) return std::nullopt;
    const std::string number = (parts->negative ? "-" : "") + parts->magnitude;
    std::int64_t value = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
    if (parsed.ec != std::errc()) return std::nullopt;
    return value;
}

std::optional<double> parse_python_float(std::string_view text) {
    const std::optional<SignedText> parts = split_sign(text);
    if (!parts) return std::nullopt;
    const std::string word = lower_ascii(parts->magnitude);
    double value = 0.0;
    if (word == "inf" || word == "infinity") {
        value = std::numeric_limits<double>::infinity();
    } else if (word == "nan") {
        value = std::numeric_limits<double>::quiet_NaN();
    } else {
        if (!is_digit(word.front()) && word.front() != '.') return std::nullopt;
        const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
        if (parsed.ptr != word.data() + word.size()) return std::nullopt;
        // from_chars leaves the value alone; Python answers inf or 0 here.
        if (parsed.ec != std::errc()) value = std::strtod(word.c_str(), nullptr);
    }
    return parts->negative ? -value : value;
}

std::string lower_ascii(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string_view strip_leading_space(std::string_view text) {
    std::size_t position = 0;
    while (position < text.size()) {
        std::size_t next = position;
        if (!is_python_space(next_code_point(text, next))) break;
        position = next;
    }
    return text.substr(position);
}

}  // namespace darkroom::api
