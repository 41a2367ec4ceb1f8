// SPDX-License-Identifier: Apache-2.0
#include "conformance/random_numbers.h"

namespace darkroom::engine::conformance {

std::uint64_t RandomNumbers::next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

std::vector<float> RandomNumbers::normal(std::int64_t count, const Distribution& distribution) {
    // The sum of four uniform numbers of 16 bits has mean 2 * 65535 and deviation 65536 / sqrt(3).
    constexpr float kMean = 131070.0f;
    constexpr float kUnit = 1.0f / 37837.2f;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
        const std::uint64_t bits = next();
        const std::uint64_t sum =
            (bits & 0xFFFFu) + (bits >> 16 & 0xFFFFu) + (bits >> 32 & 0xFFFFu) + (bits >> 48);
        value = distribution.mean +
                distribution.deviation * ((static_cast<float>(sum) - kMean) * kUnit);
    }
    return values;
}

std::int64_t RandomNumbers::below(std::int64_t bound) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound));
}

}  // namespace darkroom::engine::conformance
