// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log_line.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <variant>

#include "base/encoding.h"
#include "base/format.h"

namespace darkroom::log {
namespace {

constexpr std::size_t kTextLimit = 4096;

std::string timestamp(std::int64_t time_ms) {
    const std::time_t seconds = time_ms / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        utc.tm_year + 1900,
        utc.tm_mon + 1,
        utc.tm_mday,
        utc.tm_hour,
        utc.tm_min,
        utc.tm_sec,
        time_ms % 1000);
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/// Characters that reorder or break a line in a terminal or viewer.
bool is_deceptive(char32_t c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 ||
           c == 0x2029 || c == 0x200e || c == 0x200f || c == 0xfeff;
}

/// Escapes as JSON does, and what a terminal would obey besides.
std::string escape(std::string_view text) {
    const bool cut = text.size() > kTextLimit;
    const std::string valid = repair_utf8(text.substr(0, kTextLimit));
    std::string out;
    out.reserve(valid.size());
    for (std::size_t position = 0; position < valid.size();) {
        const char32_t c = next_code_point(valid, position);
        if (c == U'"' || c == U'\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == U'\n') {
            out += "\\n";
        } else if (c == U'\r') {
            out += "\\r";
        } else if (c == U'\t') {
            out += "\\t";
        } else if (is_control(c) || is_deceptive(c)) {
            out += format("\\u{:04x}", static_cast<std::uint32_t>(c));
        } else {
            append_utf8(out, c);
        }
    }
    if (cut) out += format("... ({} bytes)", text.size());
    return out;
}

std::string quoted(std::string_view text) {
    return '"' + escape(text) + '"';
}

std::string text_value(const Value& value) {
    const auto* text = std::get_if<std::string_view>(&value.variant());
    if (text == nullptr) {
        return std::visit([](const auto& number) { return format("{}", number); }, value.variant());
    }
    std::string escaped = escape(*text);
    const bool plain = !escaped.empty() && escaped == *text &&
                       escaped.find_first_of(" =,{}[]'`") == std::string::npos;
    return plain ? escaped : '"' + escaped + '"';
}

std::string json_value(const Value& value) {
    if (const auto* text = std::get_if<std::string_view>(&value.variant())) return quoted(*text);
    if (const auto* number = std::get_if<double>(&value.variant())) {
        if (!std::isfinite(*number)) return "null";
    }
    return std::visit([](const auto& number) { return format("{}", number); }, value.variant());
}

}  // namespace

std::string_view to_string(Level level) {
    switch (level) {
        case Level::trace:
            return "trace";
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "error";
}

std::string format_text(const Line& line) {
    std::string out =
        format("{} {} {}", timestamp(line.time_ms), to_string(line.level), escape(line.message));
    for (const Field& field : line.fields) {
        out += format(" {}={}", escape(field.key), text_value(field.value));
    }
    return out;
}

std::string format_json(const Line& line) {
    std::string out = format(
        R"({{"time":"{}","level":"{}","message":{})",
        timestamp(line.time_ms),
        to_string(line.level),
        quoted(line.message));
    for (const Field& field : line.fields) {
        out += format(",{}:{}", quoted(field.key), json_value(field.value));
    }
    return out + '}';
}

}  // namespace darkroom::log
