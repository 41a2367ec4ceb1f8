// SPDX-License-Identifier: Apache-2.0
#include "gateway/content_range.h"

#include <charconv>

namespace darkroom::gateway {
namespace {

/// Takes a decimal number from the front.
bool take_number(std::string_view& text, std::uint64_t& number) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    return true;
}

bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

}  // namespace

Result<ContentRange> parse_content_range(std::string_view text, std::uint64_t body_size) {
    if (text.empty()) return ContentRange{0, body_size, body_size};
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t total = 0;
    const bool is_range = take(text, "bytes ") && take_number(text, first) && take(text, "-") &&
                          take_number(text, last) && take(text, "/") && take_number(text, total) &&
                          text.empty();
    if (!is_range || last < first || last >= total) {
        return Error{
            ErrorCode::invalid_argument, "Content-Range: bytes FIRST-LAST/TOTAL", "Content-Range"};
    }
    if (last - first + 1 != body_size) {
        return Error{
            ErrorCode::invalid_argument,
            "Content-Range: not as many bytes as the body has",
            "Content-Range"};
    }
    return ContentRange{first, body_size, total};
}

}  // namespace darkroom::gateway
