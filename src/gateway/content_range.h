// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace darkroom::gateway {

/// Which bytes of a whole a request's body is.
struct ContentRange {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::uint64_t total = 0;
};

/// Reads "bytes FIRST-LAST/TOTAL" (RFC 9110 14.4); an empty text means that a body of `body_size`
/// bytes is the whole. Fails with invalid_argument for anything else, and for a range of another
/// size than the body's.
Result<ContentRange> parse_content_range(std::string_view text, std::uint64_t body_size);

}  // namespace darkroom::gateway
