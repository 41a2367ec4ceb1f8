// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace darkroom::testing {

/// How often this process has asked for heap memory, on any thread: malloc and its kin, operator
/// new through them.
std::int64_t heap_allocations();

}  // namespace darkroom::testing
