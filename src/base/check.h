// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "base/format.h"

namespace darkroom {

/// A broken invariant: our code or our weights are wrong. Caught once per unit of work.
class ContractViolation : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void check_failed(
    const char* expression, const char* file, int line, const std::string& message);
}  // namespace detail

}  // namespace darkroom

/// Throws ContractViolation with the expression and a formatted message unless `condition` holds.
#define DARKROOM_CHECK(condition, ...)                                       \
    do {                                                                     \
        if (!(condition)) [[unlikely]] {                                     \
            ::darkroom::detail::check_failed(                                \
                #condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
        }                                                                    \
    } while (false)
