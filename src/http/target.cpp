// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/encoding.h"
#include "base/format.h"
#include "http/headers.h"

namespace darkroom::http {
namespace {

Error malformed(std::string_view what) {
    return Error{ErrorCode::invalid_argument, format("malformed request target: {}", what)};
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool has_dot_step(std::string_view segment) {
    for (std::size_t begin = 0; begin <= segment.size();) {
        const std::size_t end = std::min(segment.find_first_of("/\\", begin), segment.size());
        const std::string_view step = segment.substr(begin, end - begin);
        if (step == "." || step == "..") return true;
        begin = end + 1;
    }
    return false;
}

Result<void> split_path(Target& target) {
    const std::string_view raw = target.raw_path;
    for (std::size_t begin = 1; begin <= raw.size() && raw.size() > 1;) {
        const std::size_t end = std::min(raw.find('/', begin), raw.size());
        DARKROOM_TRY_ASSIGN(std::string segment, percent_decode(raw.substr(begin, end - begin)));
        if (std::ranges::any_of(segment, is_control)) return malformed("control character");
        if (has_dot_step(segment)) return malformed("\".\" or \"..\" in the path");
        target.segments.push_back(std::move(segment));
        begin = end + 1;
    }
    for (const std::string& segment : target.segments)
        target.path += '/' + segment;
    if (target.segments.empty()) target.path = "/";
    return {};
}

Result<std::string> decode_form(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return percent_decode(spaced);
}

Result<void> split_query(std::string_view query, Parameters& parameters) {
    for (std::size_t begin = 0; begin < query.size();) {
        const std::size_t end = std::min(query.find('&', begin), query.size());
        const std::string_view pair = query.substr(begin, end - begin);
        begin = end + 1;
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        DARKROOM_TRY_ASSIGN(std::string name, decode_form(pair.substr(0, equals)));
        const std::string_view rest = pair.substr(std::min(equals + 1, pair.size()));
        DARKROOM_TRY_ASSIGN(std::string value, decode_form(rest));
        parameters.add(std::move(name), std::move(value));
    }
    return {};
}

/// Takes "http://host:port" off the front of an absolute target.
std::string take_authority(std::string_view& text) {
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos) return {};
    const std::string_view scheme = text.substr(0, colon);
    if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) return {};
    const std::string_view rest = text.substr(colon + 3);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    text = rest.substr(end);
    return std::string(rest.substr(0, end));
}

}  // namespace

void Parameters::add(std::string name, std::string value) {
    values_.emplace_back(std::move(name), std::move(value));
}

const std::string* Parameters::find(std::string_view name) const {
    for (const auto& [key, value] : values_) {
        if (key == name) return &value;
    }
    return nullptr;
}

std::string_view Parameters::get(std::string_view name) const {
    const std::string* value = find(name);
    return value == nullptr ? std::string_view() : std::string_view(*value);
}

Result<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return malformed("\"%\" without two hex digits");
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (out.find('\0') != std::string::npos) return malformed("NUL");
    if (!is_valid_utf8(out)) return malformed("not UTF-8");
    return out;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (alphanumeric || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            out += format("%{:02X}", static_cast<std::uint8_t>(c));
        }
    }
    return out;
}

Result<Target> parse_target(std::string_view text) {
    Target target;
    const bool absolute = !text.empty() && text.front() != '/';
    if (absolute) {
        target.authority = take_authority(text);
        if (target.authority.empty()) return malformed("neither a path nor an http address");
    }
    if (text.find('#') != std::string_view::npos) return malformed("fragment");
    const std::size_t question = std::min(text.find('?'), text.size());
    target.raw_path = text.substr(0, question);
    target.raw_query = text.substr(question);
    if (target.raw_path.empty() && absolute) target.raw_path = "/";
    if (target.raw_path.empty()) return malformed("empty");
    DARKROOM_TRY(split_path(target));
    if (!target.raw_query.empty()) {
        const std::string_view query = target.raw_query;
        DARKROOM_TRY(split_query(query.substr(1), target.query));
    }
    return target;
}

}  // namespace darkroom::http
