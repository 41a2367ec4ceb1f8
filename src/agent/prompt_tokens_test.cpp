// SPDX-License-Identifier: Apache-2.0
#include "agent/prompt_tokens.h"

#include <gtest/gtest.h>

namespace darkroom::agent {
namespace {

domain::Generation generation(std::string prompt) {
    domain::Generation generation;
    generation.prompt = std::move(prompt);
    generation.model = "icons";
    generation.sampler = "Euler a";
    generation.schedule = "Automatic";
    generation.randn_source = "GPU";
    return generation;
}

TEST(PromptTokens, CountsWordsWithoutTheBracketsOfEmphasis) {
    const api::CountTokens count = prompt_token_counter();
    const auto tokens = count(generation("a (fox:1.2) in the snow")).value();
    EXPECT_EQ(tokens.prompt.tokens, 5U);
    EXPECT_EQ(tokens.prompt.chunks, 1U);
    EXPECT_EQ(tokens.negative_prompt.tokens, 0U);
    EXPECT_EQ(tokens.negative_prompt.chunks, 1U);
}

TEST(PromptTokens, ALongPromptFillsSeveralChunks) {
    std::string prompt;
    for (int i = 0; i < 80; ++i)
        prompt += "fox ";
    EXPECT_EQ(prompt_token_counter()(generation(prompt))->prompt.chunks, 2U);
}

TEST(PromptTokens, WhatAnAgentWouldRefuseIsRefusedWithItsField) {
    domain::Generation endless = generation("a fox");
    for (int i = 0; i < 75 * 40; ++i)
        endless.negative_prompt += "fox ";
    const auto refused = prompt_token_counter()(endless);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().field, "negative_prompt");
}

}  // namespace
}  // namespace darkroom::agent
