// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.h"

#include <array>
#include <ctime>
#include <string_view>

#include "base/format.h"

namespace darkroom::http {
namespace {

/// The server alone says how a message is framed.
bool is_reserved(std::string_view name) {
    constexpr std::array<std::string_view, 6> kReserved = {
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Date",
        "X-Process-Time",
        "traceresponse"};
    for (const std::string_view reserved : kReserved) {
        if (equal_ignoring_case(name, reserved)) return true;
    }
    return false;
}

/// RFC 9110 5.6.7, independent of the locale.
std::string http_date() {
    constexpr std::array<std::string_view, 7> kDays = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    return format(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        kDays[static_cast<std::size_t>(utc.tm_wday)],
        utc.tm_mday,
        kMonths[static_cast<std::size_t>(utc.tm_mon)],
        utc.tm_year + 1900,
        utc.tm_hour,
        utc.tm_min,
        utc.tm_sec);
}

}  // namespace

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

std::string response_head(const Response& response, const Framing& framing) {
    std::string head =
        format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    for (const auto& [name, value] : response.headers) {
        if (!is_reserved(name)) head += format("{}: {}\r\n", name, value);
    }
    head += format("Date: {}\r\nX-Process-Time: {:.4f}\r\n", http_date(), framing.seconds);
    if (framing.trace) head += format("traceresponse: {}\r\n", framing.trace->text());
    if (framing.length && has_body(response.status)) {
        head += format("Content-Length: {}\r\n", *framing.length);
    } else if (!framing.length && !framing.is_http10) {
        head += "Transfer-Encoding: chunked\r\n";
    }
    if (!framing.keep_alive) {
        head += "Connection: close\r\n";
    } else if (framing.is_http10) {
        head += "Connection: keep-alive\r\n";
    }
    return head + "\r\n";
}

}  // namespace darkroom::http
