// SPDX-License-Identifier: Apache-2.0
#include "api/image_field.h"

#include "api/python_text.h"
#include "base/encoding.h"

namespace darkroom::api {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kDataMark = "data:image/";
constexpr std::string_view kBase64Mark = ";base64,";
/// Enough for the part of a data URI before its bytes.
constexpr std::size_t kLongestDataHead = 200;

Error refused(std::string message, std::string_view field) {
    return Error{ErrorCode::invalid_argument, std::move(message), std::string(field)};
}

std::string without_space(std::string_view text) {
    std::string dense;
    dense.reserve(text.size());
    for (const char c : text) {
        if (kSpace.find(c) == std::string_view::npos) dense += c;
    }
    return dense;
}

std::string_view without_margins(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Result<ImageField> decoded(std::string_view text, std::string_view field) {
    const bool dense = text.find_first_of(kSpace) == std::string_view::npos;
    auto file = dense ? base64_decode(text) : base64_decode(without_space(text));
    if (!file || file->empty()) return refused("Invalid encoded image: not base64", field);
    return ImageField{.file = *std::move(file), .key = {}};
}

}  // namespace

Result<ImageField> parse_image_field(std::string_view text, std::string_view field) {
    text = without_margins(text);
    if (text.empty()) return refused("Invalid encoded image: empty", field);
    const std::string head = lower_ascii(text.substr(0, kLongestDataHead));
    if (image_url(text)) {
        return refused("Requests not allowed: send the image itself, as base64", field);
    }
    if (head.starts_with("data:")) {
        const std::size_t mark = head.find(kBase64Mark);
        if (!head.starts_with(kDataMark) || mark == std::string::npos) {
            return refused("Invalid encoded image: not data:image/...;base64,", field);
        }
        return decoded(text.substr(mark + kBase64Mark.size()), field);
    }
    if (text.find('.') != std::string_view::npos) {
        return ImageField{.file = {}, .key = std::string(text)};
    }
    return decoded(text, field);
}

std::optional<std::string_view> image_upload(std::string_view text) {
    constexpr std::size_t kDigits = 32;
    text = without_margins(text);
    const bool is_id = text.size() == kDigits &&
                       text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return is_id ? std::optional(text) : std::nullopt;
}

std::optional<std::string_view> image_url(std::string_view text) {
    text = without_margins(text);
    const std::string scheme = lower_ascii(text.substr(0, std::string_view("https://").size()));
    if (!scheme.starts_with("http://") && scheme != "https://") return std::nullopt;
    return text;
}

}  // namespace darkroom::api
