// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace darkroom {

/// 128 random bits from the kernel as 32 lower-case hex digits: for ids.
std::string random_id();

/// A uniform integer in [0, bound) from the kernel's generator.
std::uint64_t random_below(std::uint64_t bound);

}  // namespace darkroom
