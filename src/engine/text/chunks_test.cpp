// SPDX-License-Identifier: Apache-2.0
#include "engine/text/chunks.h"

#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace darkroom::engine {
namespace {

constexpr std::int32_t kStart = ClipTokenizer::kStartToken;
constexpr std::int32_t kEnd = ClipTokenizer::kEndToken;
constexpr std::int32_t kComma = ClipTokenizer::kCommaToken;
constexpr std::int32_t kB = 321;

class Chunks : public testing::Test {
  protected:
    static Result<PromptChunks> try_cut(std::string_view prompt, const ChunkOptions& options = {}) {
        return chunk_prompt(tokenizer(), prompt, options);
    }
    static PromptChunks cut(std::string_view prompt, const ChunkOptions& options = {}) {
        return try_cut(prompt, options).value();
    }
    static std::size_t count(std::string_view prompt) {
        return count_tokens(tokenizer(), prompt).value();
    }

  private:
    static const ClipTokenizer& tokenizer() {
        static const std::shared_ptr<const ClipTokenizer> kBundled = ClipTokenizer::bundled();
        return *kBundled;
    }
};

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

/// Tokens before the padding.
std::ptrdiff_t filled(const PromptChunk& chunk) {
    return std::find(chunk.ids.begin(), chunk.ids.end(), kEnd) - chunk.ids.begin() - 1;
}

TEST_F(Chunks, EmptyPromptIsOneChunkOfPadding) {
    const PromptChunks chunks = cut("");
    ASSERT_EQ(chunks.chunks.size(), 1u);
    EXPECT_EQ(chunks.token_count, 0u);
    const PromptChunk& chunk = chunks.chunks[0];
    EXPECT_EQ(chunk.ids.front(), kStart);
    EXPECT_EQ(std::count(chunk.ids.begin(), chunk.ids.end(), kEnd), 76);
    EXPECT_EQ(std::count(chunk.multipliers.begin(), chunk.multipliers.end(), 1.0F), 77);
}

TEST_F(Chunks, WeightsFollowTheirTokens) {
    const PromptChunks chunks = cut("a (b:1.5) a [b]");
    const PromptChunk& chunk = chunks.chunks.at(0);
    EXPECT_EQ(chunks.token_count, 4u);
    EXPECT_EQ(chunk.ids[2], kB);
    EXPECT_EQ(chunk.ids[5], kEnd);
    EXPECT_EQ(chunk.multipliers[0], 1.0F);
    EXPECT_EQ(chunk.multipliers[1], 1.0F);
    EXPECT_EQ(chunk.multipliers[2], 1.5F);
    EXPECT_EQ(chunk.multipliers[4], static_cast<float>(1 / 1.1));
    EXPECT_EQ(chunk.multipliers[5], 1.0F);
}

TEST_F(Chunks, SeventyFiveTokensFillOneChunk) {
    EXPECT_EQ(cut(repeated("a ", 75)).chunks.size(), 1u);
    const PromptChunks two = cut(repeated("a ", 76));
    ASSERT_EQ(two.chunks.size(), 2u);
    EXPECT_EQ(filled(two.chunks[0]), 75);
    EXPECT_EQ(two.chunks[0].ids.back(), kEnd);
    EXPECT_EQ(filled(two.chunks[1]), 1);
    EXPECT_EQ(two.token_count, 76u);
}

TEST_F(Chunks, TextAfterANearCommaMovesToTheNextChunk) {
    const PromptChunks chunks = cut(repeated("a ", 69) + ", (b b b b b b b b:1.5)");
    ASSERT_EQ(chunks.chunks.size(), 2u);
    EXPECT_EQ(filled(chunks.chunks[0]), 70);
    EXPECT_EQ(chunks.chunks[0].ids[70], kComma);
    EXPECT_EQ(filled(chunks.chunks[1]), 8);
    EXPECT_EQ(chunks.chunks[1].ids[1], kB);
    EXPECT_EQ(chunks.chunks[1].multipliers[8], 1.5F);
    EXPECT_EQ(chunks.token_count, 75u + 8u);
}

TEST_F(Chunks, CommaIsNearWithinTwentyTokensOfTheEnd) {
    EXPECT_EQ(filled(cut(repeated("a ", 55) + "," + repeated(" b", 30)).chunks[0]), 56);
    EXPECT_EQ(filled(cut(repeated("a ", 54) + "," + repeated(" b", 30)).chunks[0]), 75);
    EXPECT_EQ(
        filled(
            cut(repeated("a ", 70) + ", " + repeated("b ", 9), {.comma_backtrack = 0}).chunks[0]),
        75);
}

TEST_F(Chunks, CommaAtTheFullChunkOpensTheNextAndIsForgotten) {
    const PromptChunks chunks = cut(repeated("a ", 75) + "," + repeated(" b", 80));
    ASSERT_EQ(chunks.chunks.size(), 3u);
    EXPECT_EQ(filled(chunks.chunks[0]), 75);
    EXPECT_EQ(chunks.chunks[1].ids[1], kComma);
    EXPECT_EQ(filled(chunks.chunks[1]), 75);
}

TEST_F(Chunks, CommaAsTheLastTokenMovesNothing) {
    const PromptChunks chunks = cut(repeated("a ", 74) + ", b");
    EXPECT_EQ(filled(chunks.chunks[0]), 75);
    EXPECT_EQ(filled(chunks.chunks[1]), 1);
}

TEST_F(Chunks, BreakEndsAChunk) {
    const PromptChunks chunks = cut("a BREAK b");
    ASSERT_EQ(chunks.chunks.size(), 2u);
    EXPECT_EQ(filled(chunks.chunks[0]), 1);
    EXPECT_EQ(chunks.chunks[1].ids[1], kB);
    EXPECT_EQ(chunks.token_count, 76u);
    EXPECT_EQ(cut("a BREAK").chunks.size(), 1u);
    EXPECT_EQ(cut("BREAK BREAK a").chunks.size(), 3u);
    EXPECT_EQ(count("BREAK"), 75u);
}

TEST_F(Chunks, EmphasisModesChangeWhatBracketsMean) {
    const PromptChunks text = cut("(a BREAK b)", {.emphasis = EmphasisMode::none});
    EXPECT_EQ(text.token_count, 5u);
    const PromptChunks ignored = cut("(a:2) BREAK b", {.emphasis = EmphasisMode::ignore});
    EXPECT_EQ(ignored.chunks.size(), 2u);
    EXPECT_EQ(ignored.chunks[0].multipliers[1], 1.0F);
    const PromptChunks no_norm = cut("(a:2)", {.emphasis = EmphasisMode::no_norm});
    EXPECT_EQ(no_norm.chunks[0].multipliers[1], 2.0F);
}

TEST_F(Chunks, TooManyChunksAreRefusedWithLimitAndCount) {
    EXPECT_EQ(cut(repeated("a ", 32 * 75)).chunks.size(), 32u);
    const auto refused = try_cut(repeated("a ", 100 * 75));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().message, "prompt needs more than 32 chunks of 75 tokens: 100");
    EXPECT_EQ(try_cut("BREAK BREAK a", {.max_chunks = 2}).has_value(), false);
    EXPECT_EQ(count(repeated("a ", 100 * 75)), 7'500u);
}

TEST_F(Chunks, OverlongPromptIsRefused) {
    const auto refused = try_cut(std::string(kMaxPromptBytes + 1, ' '));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(cut(std::string(kMaxPromptBytes, ' ')).chunks.size(), 1u);
}

TEST_F(Chunks, HostilePromptsEndInChunksOrAnError) {
    EXPECT_EQ(cut(repeated("(", 1 << 20)).chunks.size(), 1u);
    EXPECT_FALSE(try_cut(std::string(1 << 20, 'a')).has_value());
    EXPECT_FALSE(try_cut(repeated("BREAK ", 1 << 17)).has_value());
    EXPECT_EQ(cut(std::string_view("\0\0\0", 3)).token_count, 0u);
    EXPECT_EQ(cut("\xFF\xFE").token_count, count("\xEF\xBF\xBD\xEF\xBF\xBD"));
}

}  // namespace
}  // namespace darkroom::engine
