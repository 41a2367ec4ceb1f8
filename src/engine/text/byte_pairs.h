// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/text/merge_table.h"

namespace darkroom::engine {

/// Splits words into tokens. Keeps buffers between words, so one thread uses one object.
class BytePairMerger {
  public:
    /// `merges` outlives the object.
    explicit BytePairMerger(const MergeTable& merges) : merges_(merges) {}

    /// Appends the token ids of one word (at least one byte), in O(n log n) of its bytes.
    void append_tokens(std::string_view word, std::vector<std::int32_t>& ids);

  private:
    void set_pair(std::uint32_t position);
    void join(std::uint32_t position);

    const MergeTable& merges_;
    // A doubly linked list over the bytes of the word; position n is the end.
    std::vector<std::uint16_t> symbols_;
    std::vector<std::uint32_t> previous_;
    std::vector<std::uint32_t> next_;
    std::vector<std::uint32_t> ranks_;
    // Candidates (rank, position) as a heap; one that no longer agrees with ranks_ is stale.
    std::vector<std::uint64_t> heap_;
};

}  // namespace darkroom::engine
