// SPDX-License-Identifier: Apache-2.0
#include "storage/object_key.h"

#include <algorithm>

namespace darkroom::storage {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_segment(std::string_view segment) {
    if (segment.empty() || segment.size() > ObjectKey::kMaxSegmentLength) return false;
    if (!is_letter_or_digit(segment.front()) && segment.front() != '_') return false;
    if (segment.find("..") != std::string_view::npos) return false;
    return std::ranges::all_of(
        segment, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t end = text.find('/'); end != std::string_view::npos;
         end = text.find('/', begin)) {
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

}  // namespace

Result<ObjectKey> ObjectKey::parse(std::string_view text) {
    bool is_valid = text.size() <= kMaxLength;
    if (is_valid) {
        const std::vector<std::string_view> segments = split(text);
        is_valid = segments.size() <= kMaxSegments && std::ranges::all_of(segments, is_segment);
    }
    if (!is_valid) {
        return Error{
            ErrorCode::invalid_argument,
            "an object key is up to 8 segments of [a-z0-9_.-] joined by '/'",
            "key"};
    }
    return ObjectKey(std::string(text));
}

std::vector<std::string> ObjectKey::segments() const {
    const std::vector<std::string_view> parts = split(text_);
    return {parts.begin(), parts.end()};
}

bool ObjectKey::contains(const ObjectKey& other) const {
    return other.text_.starts_with(text_) &&
           (other.text_.size() == text_.size() || other.text_[text_.size()] == '/');
}

}  // namespace darkroom::storage
