// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/text/tokenizer.h"

namespace darkroom::engine {

/// What brackets in a prompt do.
enum class EmphasisMode {
    /// Brackets are text.
    none,
    /// Brackets are read, their weights not used.
    ignore,
    /// Weights multiply hidden states, then the chunk is scaled back to its mean.
    original,
    /// Weights multiply hidden states.
    no_norm,
};

struct ChunkOptions {
    std::size_t max_chunks = 32;
    EmphasisMode emphasis = EmphasisMode::original;
    /// When a chunk fills, what stands after a comma this near to its end moves to the next; 0:
    /// off.
    std::size_t comma_backtrack = 20;
};

/// Input of one run of a text encoder: start, 75 tokens (padded with the end token), end.
struct PromptChunk {
    static constexpr std::size_t kTokens = 75;
    static constexpr std::size_t kLength = kTokens + 2;

    std::array<std::int32_t, kLength> ids{};
    /// Factors on the hidden states; 1 for start, end and padding.
    std::array<float, kLength> multipliers{};
};

struct PromptChunks {
    /// At least one.
    std::vector<PromptChunk> chunks;
    /// Tokens of the prompt; a chunk before the last counts as 75.
    std::size_t token_count = 0;
};

/// Longest prompt that is looked at, in bytes.
inline constexpr std::size_t kMaxPromptBytes = 4 << 20;

/// Cuts a prompt into chunks, with the boundaries and multipliers of AUTOMATIC1111's
/// `tokenize_line`. Malformed UTF-8 is repaired first; comments are the caller's.
/// Fails with invalid_argument for a prompt of too many chunks or bytes or with a wrong weight.
Result<PromptChunks> chunk_prompt(
    const ClipTokenizer& tokenizer, std::string_view prompt, const ChunkOptions& options = {});

/// PromptChunks::token_count of a prompt of any number of chunks. Fails as chunk_prompt otherwise.
Result<std::size_t> count_tokens(
    const ClipTokenizer& tokenizer, std::string_view prompt, const ChunkOptions& options = {});

}  // namespace darkroom::engine
