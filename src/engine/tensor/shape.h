// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace darkroom::engine {

/// Extents of a dense row-major tensor, rank 0 to 4; a scalar has rank 0.
class Shape {
  public:
    static constexpr int kMaxRank = 4;

    Shape() = default;
    Shape(std::initializer_list<std::int64_t> extents);

    [[nodiscard]] int rank() const { return rank_; }
    /// Extent of an axis; a negative axis counts from the last. Throws when out of range.
    [[nodiscard]] std::int64_t operator[](int axis) const;
    [[nodiscard]] std::int64_t numel() const;

    /// The same shape with another extent on one axis.
    [[nodiscard]] Shape with(int axis, std::int64_t extent) const;

    bool operator==(const Shape& other) const = default;

  private:
    [[nodiscard]] int index(int axis) const;

    std::array<std::int64_t, kMaxRank> extents_{};
    int rank_ = 0;
};

/// "2x64x64x320".
std::string to_string(const Shape& shape);

}  // namespace darkroom::engine
