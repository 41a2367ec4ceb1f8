// SPDX-License-Identifier: Apache-2.0
#include "api/usage_body.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr std::string_view kCsvNames =
    "tenant,day,model,requests,pictures,step_pixels,busy_seconds,bytes\r\n";

double seconds(const domain::Usage& row) {
    return static_cast<double>(row.busy_ms) / 1'000.0;
}

Result<unsigned> parse_number(std::string_view digits) {
    unsigned number = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size()) return number;
    return Error{ErrorCode::invalid_argument, "a day is written as 2026-11-21"};
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace

Result<std::int64_t> parse_day(std::string_view text) {
    constexpr std::size_t kLength = 10;
    if (text.size() != kLength || text[4] != '-' || text[7] != '-') {
        return Error{ErrorCode::invalid_argument, "a day is written as 2026-11-21"};
    }
    DARKROOM_TRY_ASSIGN(const unsigned year, parse_number(text.substr(0, 4)));
    DARKROOM_TRY_ASSIGN(const unsigned month, parse_number(text.substr(5, 2)));
    DARKROOM_TRY_ASSIGN(const unsigned day, parse_number(text.substr(8, 2)));
    const std::chrono::year_month_day date{
        std::chrono::year(static_cast<int>(year)),
        std::chrono::month(month),
        std::chrono::day(day)};
    const std::int64_t days =
        date.ok() ? std::chrono::sys_days(date).time_since_epoch().count() : -1;
    if (days < 0) return Error{ErrorCode::invalid_argument, "no day since 1970 is written so"};
    return days;
}

std::string day_text(std::int64_t day) {
    const std::chrono::sys_days days{std::chrono::days(day)};
    const std::chrono::year_month_day date(days);
    return format(
        "{:04}-{:02}-{:02}",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()));
}

json::Object usage_body(std::span<const domain::Usage> rows) {
    json::Array list;
    for (const domain::Usage& row : rows) {
        list.emplace_back(json::Object{
            {"tenant", row.tenant},
            {"day", day_text(row.day)},
            {"model", row.model},
            {"requests", row.requests},
            {"pictures", row.pictures},
            {"stepPixels", row.step_pixels},
            {"busySeconds", seconds(row)},
            {"bytes", row.bytes}});
    }
    return json::Object{{"usage", std::move(list)}};
}

std::string usage_csv(std::span<const domain::Usage> rows) {
    std::string text(kCsvNames);
    for (const domain::Usage& row : rows) {
        text += format(
            "{},{},{},{},{},{},{:.3f},{}\r\n",
            csv_field(row.tenant),
            day_text(row.day),
            csv_field(row.model),
            row.requests,
            row.pictures,
            row.step_pixels,
            seconds(row),
            row.bytes);
    }
    return text;
}

}  // namespace darkroom::api
