// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom::engine {

/// Names and shapes of a checkpoint's tensors: all that architecture is inferred from.
class KeyShapes {
  public:
    using Shape = std::vector<std::int64_t>;

    void add(std::string key, Shape shape) { shapes_.insert_or_assign(std::move(key), shape); }

    [[nodiscard]] bool contains(std::string_view key) const { return shapes_.contains(key); }
    [[nodiscard]] const Shape* find(std::string_view key) const;
    /// One extent of a tensor. Fails with corrupt_input when the key is missing, its rank is not
    /// `rank`, or the extent is 0 or above 2^20.
    [[nodiscard]] Result<std::int64_t> extent(
        std::string_view key, std::size_t rank, std::size_t axis) const;
    /// True when some key begins with `prefix`.
    [[nodiscard]] bool has_prefix(std::string_view prefix) const;
    /// How many of prefix0suffix, prefix1suffix, ... are present, at most 1,000.
    [[nodiscard]] std::int64_t count(std::string_view prefix, std::string_view suffix) const;

    [[nodiscard]] auto begin() const { return shapes_.begin(); }
    [[nodiscard]] auto end() const { return shapes_.end(); }

  private:
    std::map<std::string, Shape, std::less<>> shapes_;
};

}  // namespace darkroom::engine
