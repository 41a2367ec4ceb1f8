// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace darkroom::engine::conformance {

struct Distribution {
    float mean = 0.0f;
    float deviation = 1.0f;
};

/// Reproducible numbers that are quick to make: splitmix64, and the sum of four of its 16-bit
/// pieces as a nearly normal number within 3.5 deviations.
class RandomNumbers {
  public:
    explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}

    std::vector<float> normal(std::int64_t count, const Distribution& distribution = {});
    /// From [0, bound).
    std::int64_t below(std::int64_t bound);

    template <class T>
    T one_of(std::initializer_list<T> choices) {
        return choices.begin()[below(static_cast<std::int64_t>(choices.size()))];
    }

  private:
    std::uint64_t next();

    std::uint64_t state_;
};

}  // namespace darkroom::engine::conformance
