// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace darkroom::engine {

/// Which parts of a line that begins at zero are in use. The lowest gap that is wide enough is
/// taken first, and neighbouring gaps become one, so that what is in use stays close to the start.
class FreeRanges {
  public:
    /// Takes `size` bytes and returns where they begin.
    std::size_t take(std::size_t size);
    /// Gives back what take() returned, with the same size. Never allocates.
    void give_back(std::size_t begin, std::size_t size);

    /// The end of the last byte in use.
    [[nodiscard]] std::size_t end() const { return end_; }

    struct Range {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    /// The gaps below end(), in order; no two touch.
    [[nodiscard]] const std::vector<Range>& gaps() const { return gaps_; }

  private:
    std::vector<Range> gaps_;
    std::size_t end_ = 0;
    std::size_t in_use_ = 0;
};

}  // namespace darkroom::engine
