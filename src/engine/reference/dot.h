// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace darkroom::engine {

/// Sum of a[i] b[i]. Sixteen f32 lanes take short runs, which are added up in double: as exact as
/// one rounding of the products, and independent of how the compiler vectorises it.
inline double dot(const float* a, const float* b, std::int64_t count) {
    constexpr std::int64_t kLanes = 16;
    constexpr std::int64_t kRun = 256;
    double total = 0.0;
    std::int64_t i = 0;
    while (i + kLanes <= count) {
        const std::int64_t end = std::min(count, i + kRun);
        std::array<float, kLanes> lanes{};
        for (; i + kLanes <= end; i += kLanes) {
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                const std::int64_t at = i + static_cast<std::int64_t>(lane);
                lanes[lane] += a[at] * b[at];
            }
        }
        for (std::size_t lane = 0; lane < 4; ++lane) {
            total += static_cast<double>(lanes[lane] + lanes[lane + 4]) +
                     static_cast<double>(lanes[lane + 8] + lanes[lane + 12]);
        }
    }
    for (; i < count; ++i)
        total += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return total;
}

}  // namespace darkroom::engine
