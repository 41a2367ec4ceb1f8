// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace darkroom::http {

/// URLs that an operator allows: those below certain places. URLs are compared in their normal
/// form, so that no spelling of dots, case or default ports leads elsewhere.
class UrlPrefixes {
  public:
    /// Nothing is allowed.
    UrlPrefixes() = default;

    /// Places as "https://example.org/models/", ending in a slash. Fails with invalid_argument.
    static Result<UrlPrefixes> parse(const std::vector<std::string>& places);

    [[nodiscard]] bool empty() const { return places_.empty(); }
    [[nodiscard]] bool permits(const std::string& url) const;

  private:
    std::vector<std::string> places_;
};

}  // namespace darkroom::http
