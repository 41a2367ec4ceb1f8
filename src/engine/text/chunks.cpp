// SPDX-License-Identifier: Apache-2.0
#include "engine/text/chunks.h"

#include <optional>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "engine/text/emphasis.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kTokens = PromptChunk::kTokens;

struct WeightedToken {
    std::int32_t id;
    float weight;
};

/// Fills chunks one after the other; keeps the first `max_chunks` and counts the rest.
class ChunkBuilder {
  public:
    explicit ChunkBuilder(const ChunkOptions& options) : options_(options) {
        tokens_.reserve(kTokens);
    }

    void append(WeightedToken token);
    void end_chunk();
    /// Ends the last chunk unless a BREAK just did.
    void finish();

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::size_t token_count() const { return token_count_; }
    std::vector<PromptChunk> take_chunks() { return std::move(chunks_); }

  private:
    void move_after_comma();

    const ChunkOptions& options_;
    std::vector<PromptChunk> chunks_;
    std::vector<WeightedToken> tokens_;
    std::optional<std::size_t> last_comma_;
    std::size_t count_ = 0;
    std::size_t token_count_ = 0;
};

void ChunkBuilder::append(WeightedToken token) {
    const bool full = tokens_.size() == kTokens;
    if (token.id == ClipTokenizer::kCommaToken) {
        last_comma_ = tokens_.size();
    } else if (full && last_comma_ && kTokens - *last_comma_ <= options_.comma_backtrack) {
        move_after_comma();
    }
    if (tokens_.size() == kTokens) end_chunk();
    tokens_.push_back(token);
}

void ChunkBuilder::move_after_comma() {
    const std::size_t kept = *last_comma_ + 1;
    const auto first_moved = tokens_.begin() + static_cast<std::ptrdiff_t>(kept);
    std::vector<WeightedToken> moved(first_moved, tokens_.end());
    tokens_.resize(kept);
    end_chunk();
    tokens_.swap(moved);
}

void ChunkBuilder::end_chunk() {
    token_count_ += kTokens;
    last_comma_.reset();
    if (count_++ < options_.max_chunks) {
        PromptChunk chunk;
        chunk.ids.fill(ClipTokenizer::kEndToken);
        chunk.multipliers.fill(1.0F);
        chunk.ids.front() = ClipTokenizer::kStartToken;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            chunk.ids.at(i + 1) = tokens_[i].id;
            chunk.multipliers.at(i + 1) = tokens_[i].weight;
        }
        chunks_.push_back(chunk);
    }
    tokens_.clear();
}

void ChunkBuilder::finish() {
    if (tokens_.empty() && count_ > 0) return;
    const std::size_t padding = kTokens - tokens_.size();
    end_chunk();
    token_count_ -= padding;
}

Result<ChunkBuilder> build_chunks(
    const ClipTokenizer& tokenizer, std::string_view prompt, const ChunkOptions& options) {
    if (prompt.size() > kMaxPromptBytes) {
        return Error{
            ErrorCode::invalid_argument,
            format("prompt is longer than {} bytes: {}", kMaxPromptBytes, prompt.size())};
    }
    const std::string text = repair_utf8(prompt);
    std::vector<WeightedText> parts;
    if (options.emphasis == EmphasisMode::none) {
        parts.push_back({text, 1.0});
    } else {
        DARKROOM_TRY_ASSIGN(parts, parse_emphasis(text));
    }
    ChunkBuilder builder(options);
    for (const WeightedText& part : parts) {
        if (part.is_break()) {
            builder.end_chunk();
            continue;
        }
        const double weight = options.emphasis == EmphasisMode::ignore ? 1.0 : part.weight;
        for (const std::int32_t id : tokenizer.encode(part.text))
            builder.append({id, static_cast<float>(weight)});
    }
    builder.finish();
    return builder;
}

}  // namespace

Result<PromptChunks> chunk_prompt(
    const ClipTokenizer& tokenizer, std::string_view prompt, const ChunkOptions& options) {
    DARKROOM_TRY_ASSIGN(ChunkBuilder builder, build_chunks(tokenizer, prompt, options));
    if (builder.count() > options.max_chunks) {
        return Error{
            ErrorCode::invalid_argument,
            format(
                "prompt needs more than {} chunks of {} tokens: {}",
                options.max_chunks,
                kTokens,
                builder.count())};
    }
    const std::size_t token_count = builder.token_count();
    return PromptChunks{builder.take_chunks(), token_count};
}

Result<std::size_t> count_tokens(
    const ClipTokenizer& tokenizer, std::string_view prompt, const ChunkOptions& options) {
    DARKROOM_TRY_ASSIGN(const ChunkBuilder builder, build_chunks(tokenizer, prompt, options));
    return builder.token_count();
}

}  // namespace darkroom::engine
