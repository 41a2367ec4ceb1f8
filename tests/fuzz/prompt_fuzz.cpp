// SPDX-License-Identifier: Apache-2.0
// Prompts are the most hostile text of all: parsed, tokenised and chunked whatever they hold.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/prompt_comments.h"
#include "base/encoding.h"
#include "engine/text/chunks.h"
#include "engine/text/emphasis.h"
#include "engine/text/prompt_syntax.h"

namespace {

using namespace darkroom;
using namespace darkroom::engine;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_emphasis(std::string_view prompt) {
    const auto parts = parse_emphasis(prompt);
    if (!parts.has_value()) {
        require(parts.error().code == ErrorCode::invalid_argument);
        return;
    }
    require(!parts->empty());
    for (std::size_t i = 0; i < parts->size(); ++i) {
        require(std::isfinite((*parts)[i].weight) && is_valid_utf8((*parts)[i].text));
        require(i == 0 || (*parts)[i].weight != (*parts)[i - 1].weight);
    }
}

void check_chunk(const PromptChunk& chunk) {
    require(chunk.ids.front() == ClipTokenizer::kStartToken);
    require(chunk.ids.back() == ClipTokenizer::kEndToken);
    for (const std::int32_t id : chunk.ids)
        require(id >= 0 && id < ClipTokenizer::kVocabulary);
    for (const float multiplier : chunk.multipliers)
        require(std::isfinite(multiplier));
}

void check_chunks(const ClipTokenizer& tokenizer, std::string_view prompt) {
    const ChunkOptions options;
    const auto chunks = chunk_prompt(tokenizer, prompt, options);
    const auto tokens = count_tokens(tokenizer, prompt, options);
    if (!chunks.has_value()) {
        require(chunks.error().code == ErrorCode::invalid_argument);
        return;
    }
    require(!chunks->chunks.empty() && chunks->chunks.size() <= options.max_chunks);
    require(tokens.has_value() && *tokens == chunks->token_count);
    for (const PromptChunk& chunk : chunks->chunks)
        check_chunk(chunk);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const std::shared_ptr<const ClipTokenizer> kTokenizer = ClipTokenizer::bundled();
    const std::string_view prompt(reinterpret_cast<const char*>(bytes), size);
    check_emphasis(prompt);
    check_chunks(*kTokenizer, prompt);
    require(unsupported_syntax(prompt).size() <= 4);
    require(api::strip_comments(prompt).find('#') == std::string::npos);
    return 0;
}
