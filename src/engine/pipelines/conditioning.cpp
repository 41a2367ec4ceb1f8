// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/conditioning.h"

#include <algorithm>
#include <numeric>

#include "engine/ops/elementwise.h"

namespace darkroom::engine {
namespace {

double mean_of(std::span<const float> values) {
    return std::accumulate(
               values.begin(),
               values.end(),
               0.0,
               [](double sum, float v) { return sum + static_cast<double>(v); }) /
           static_cast<double>(values.size());
}

/// states: [tokens * width] of one chunk.
void emphasise(std::span<float> states, const PromptChunk& chunk, EmphasisMode mode) {
    const bool plain =
        std::ranges::all_of(chunk.multipliers, [](float weight) { return weight == 1.0F; });
    if (plain) return;
    const double before = mean_of(states);
    const std::size_t width = states.size() / chunk.multipliers.size();
    for (std::size_t i = 0; i < states.size(); ++i)
        states[i] *= chunk.multipliers[i / width];
    if (mode != EmphasisMode::original) return;
    const auto gain = static_cast<float>(before / mean_of(states));
    for (float& state : states)
        state *= gain;
}

}  // namespace

Result<Tensor> encode_prompt(
    const Model& model, const std::string& prompt, const ConditioningOptions& options) {
    DARKROOM_TRY_ASSIGN(
        const PromptChunks chunks,
        chunk_prompt(model.tokenizer(), prompt, {.emphasis = options.emphasis}));
    Backend& backend = model.backend();
    std::vector<float> states;
    std::int64_t tokens = 0;
    for (const PromptChunk& chunk : chunks.chunks) {
        const auto length = static_cast<std::int64_t>(chunk.ids.size());
        const Tensor ids = backend.upload(std::span(chunk.ids), {1, length});
        const Tensor encoded = model.text()(ids, options.clip_skip);
        std::vector<float> values = backend.download(ops::cast(encoded, DType::f32));
        emphasise(values, chunk, options.emphasis);
        states.insert(states.end(), values.begin(), values.end());
        tokens += length;
    }
    return backend.upload(states, {1, tokens, model.config().text.width});
}

std::shared_ptr<const UnetContext> prepare_context(const Model& model, const Tensor& states) {
    const Tensor tokens = ops::cast(states, model.backend().compute_dtype());
    return std::make_shared<const UnetContext>(model.unet().prepare(tokens));
}

}  // namespace darkroom::engine
