// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/result.h"
#include "domain/generation.h"
#include "json/json.h"

/// What a request would be, without drawing it.
namespace darkroom::api {

/// CLIP tokens of a prompt, and the chunks of 75 that they fill.
struct TokenCount {
    std::size_t tokens = 0;
    std::size_t chunks = 0;
};

struct PromptTokens {
    TokenCount prompt;
    TokenCount negative_prompt;
};

/// Counts as the text encoder would. Fails with invalid_argument (and the field) for what an agent
/// would refuse. Takes milliseconds for a long prompt.
using CountTokens = std::function<Result<PromptTokens>(const domain::Generation&)>;

/// 200 of a dry run: what would be drawn and what it would cost. Nothing was stored.
json::Object dry_run_body(
    const domain::Generation& generation, const PromptTokens& tokens, double predicted_s);

/// What enlarging pictures would be.
struct ExtrasForecast {
    std::int64_t pictures = 0;
    /// Of all results.
    std::int64_t pixels = 0;
    double predicted_s = 0.0;
};
json::Object dry_run_body(const ExtrasForecast& forecast);

}  // namespace darkroom::api
