// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace darkroom::storage {

/// Names an object: segments joined by '/', "studio/4f0c.../1/0.png". Safe as a path below a
/// folder.
class ObjectKey {
  public:
    static constexpr std::size_t kMaxLength = 512;
    static constexpr std::size_t kMaxSegmentLength = 128;
    static constexpr std::size_t kMaxSegments = 8;

    /// Fails with invalid_argument (field "key") unless each segment is made of [a-z0-9_.-],
    /// begins with a letter, a digit or '_', has no ".." in it, and the lengths are in bounds.
    static Result<ObjectKey> parse(std::string_view text);

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::vector<std::string> segments() const;

    /// True for the key itself and for every key below it.
    [[nodiscard]] bool contains(const ObjectKey& other) const;

    friend bool operator==(const ObjectKey&, const ObjectKey&) = default;
    friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;  // NOLINT: no pointer

  private:
    explicit ObjectKey(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

}  // namespace darkroom::storage
