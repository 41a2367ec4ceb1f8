// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/text/merge_table.h"

namespace darkroom::engine {

/// The byte-pair tokenizer of CLIP, for SD1, SD2 and SDXL alike. Immutable: any thread may use it.
///
/// Gives the ids of transformers' CLIPTokenizer with ftfy installed (what AUTOMATIC1111 calls),
/// except for text that ftfy takes for wrongly decoded and decodes anew.
class ClipTokenizer {
  public:
    static constexpr std::int32_t kStartToken = 49406;
    static constexpr std::int32_t kEndToken = 49407;
    static constexpr std::int32_t kVocabulary = 49408;
    /// A comma that ends a word.
    static constexpr std::int32_t kCommaToken = 267;

    /// The vocabulary that is part of the binary, inflated anew by each call (about 30 ms).
    /// Shared because every text encoder of a process may hold it, in any order.
    static std::shared_ptr<const ClipTokenizer> bundled();

    /// A vocabulary in the format of bpe_simple_vocab_16e6.txt.gz. Fails with corrupt_input.
    static Result<ClipTokenizer> from_gzip(std::span<const std::byte> compressed);

    /// The token ids of a text, without start and end; malformed UTF-8 counts as U+FFFD. The
    /// spellings `<|startoftext|>` and `<|endoftext|>` are those tokens. Time O(n log n).
    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view utf8) const;

  private:
    explicit ClipTokenizer(MergeTable merges) : merges_(std::move(merges)) {}

    MergeTable merges_;
};

}  // namespace darkroom::engine
