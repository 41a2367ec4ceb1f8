// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace darkroom::http {

/// Named texts in order: query parameters or the values of a route's placeholders.
class Parameters {
  public:
    void add(std::string name, std::string value);
    /// The first value, or nullptr.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    /// The first value, or an empty text.
    [[nodiscard]] std::string_view get(std::string_view name) const;

    [[nodiscard]] auto begin() const { return values_.begin(); }
    [[nodiscard]] auto end() const { return values_.end(); }

  private:
    std::vector<std::pair<std::string, std::string>> values_;
};

/// A request target taken apart.
struct Target {
    /// Percent-decoded, for people and prefix tests; routing goes by `segments`.
    std::string path;
    /// As it was sent, without the query.
    std::string raw_path;
    /// What stands between the slashes, each decoded by itself: "/a%2Fb/c" has "a/b" and "c".
    /// "/" has none; a trailing slash gives an empty last one.
    std::vector<std::string> segments;
    Parameters query;
    /// The query as it was sent, with its "?", or empty.
    std::string raw_query;
    /// Host and port of an absolute target ("GET http://host/path"), else empty.
    std::string authority;
};

/// Parses an origin-form or absolute-form target. Fails with invalid_argument for malformed
/// percent-encoding, control characters, invalid UTF-8, and a path that contains "." or ".." after
/// decoding, so a handler never sees one.
Result<Target> parse_target(std::string_view text);

/// Fails with invalid_argument for "%" without two hex digits, and for NUL or invalid UTF-8 in the
/// decoded text.
Result<std::string> percent_decode(std::string_view text);

/// Everything but RFC 3986's unreserved characters as %XX.
std::string percent_encode(std::string_view text);

}  // namespace darkroom::http
