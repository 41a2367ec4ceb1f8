// SPDX-License-Identifier: Apache-2.0
#include "agent/prompt_tokens.h"

#include <memory>
#include <string>

#include "agent/rendering.h"
#include "base/guarded.h"
#include "engine/text/chunks.h"
#include "engine/text/tokenizer.h"

namespace darkroom::agent {
namespace {

using Tokenizer = std::shared_ptr<const engine::ClipTokenizer>;

Result<api::TokenCount> count(
    const engine::ClipTokenizer& tokenizer,
    const std::string& prompt,
    engine::EmphasisMode emphasis,
    const char* field) {
    const Result<engine::PromptChunks> chunks =
        engine::chunk_prompt(tokenizer, prompt, {.emphasis = emphasis});
    if (!chunks) return Error{chunks.error().code, chunks.error().message, field};
    return api::TokenCount{chunks->token_count, chunks->chunks.size()};
}

}  // namespace

api::CountTokens prompt_token_counter() {
    const auto slot = std::make_shared<Guarded<Tokenizer>>();
    return [slot](const domain::Generation& generation) -> Result<api::PromptTokens> {
        Tokenizer tokenizer;
        {
            const auto kept = slot->lock();
            if (!*kept) *kept = engine::ClipTokenizer::bundled();
            tokenizer = *kept;
        }
        DARKROOM_TRY_ASSIGN(const engine::ImageRequest request, image_request(generation));
        const engine::EmphasisMode emphasis = request.conditioning.emphasis;
        api::PromptTokens tokens;
        DARKROOM_TRY_ASSIGN(tokens.prompt, count(*tokenizer, request.prompt, emphasis, "prompt"));
        DARKROOM_TRY_ASSIGN(
            tokens.negative_prompt,
            count(*tokenizer, request.negative_prompt, emphasis, "negative_prompt"));
        return tokens;
    };
}

}  // namespace darkroom::agent
