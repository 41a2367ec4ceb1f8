// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace darkroom {
namespace {

std::uint64_t random_word() {
    std::uint64_t word = 0;
    DARKROOM_CHECK(
        ::getrandom(&word, sizeof word, 0) == sizeof word, "no random numbers from the kernel");
    return word;
}

}  // namespace

std::string random_id() {
    return format("{:016x}{:016x}", random_word(), random_word());
}

std::uint64_t random_below(std::uint64_t bound) {
    DARKROOM_CHECK(bound > 0, "empty range");
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    std::uint64_t word = random_word();
    while (word >= limit)
        word = random_word();
    return word % bound;
}

}  // namespace darkroom
