// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom::engine {

/// The CLIP byte-pair merges. A symbol is a token id: 0..255 a byte inside a word, 256..511 a byte
/// that ends a word, 512 + n the result of merge n. Immutable.
class MergeTable {
  public:
    static constexpr std::size_t kMerges = 48894;
    static constexpr std::uint32_t kWordEnd = 256;
    static constexpr std::uint32_t kFirstMerged = 512;

    /// Reads bpe_simple_vocab_16e6.txt.gz: a header line, then "left right" per merge, of which the
    /// first kMerges count. Fails with corrupt_input.
    static Result<MergeTable> from_gzip(std::span<const std::byte> compressed);

    /// The symbol of a byte inside a word; add kWordEnd for the last byte of a word.
    [[nodiscard]] std::uint16_t byte_symbol(unsigned char byte) const { return bytes_[byte]; }

    /// The number of the merge that joins two symbols; a smaller number is applied earlier.
    [[nodiscard]] std::optional<std::uint32_t> rank(std::uint16_t left, std::uint16_t right) const;

  private:
    struct Slot {
        std::uint32_t pair;
        std::uint32_t rank;
    };

    MergeTable();
    Result<void> read(std::string_view lines);
    void insert(std::uint16_t left, std::uint16_t right, std::uint32_t rank);

    std::array<std::uint16_t, 256> bytes_{};
    std::vector<Slot> slots_;
};

}  // namespace darkroom::engine
