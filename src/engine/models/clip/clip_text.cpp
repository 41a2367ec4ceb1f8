// SPDX-License-Identifier: Apache-2.0
#include "engine/models/clip/clip_text.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "base/format.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"

namespace darkroom::engine {
namespace {

constexpr std::int64_t kHeadWidth = 64;
constexpr std::int64_t kMaxLayers = 64;
/// Ids come from the CLIP tokenizer, chunks are 77 tokens long.
constexpr std::int64_t kVocabulary = 49408;
constexpr std::int64_t kPositions = 77;

Error misfit(const std::string& what) {
    return Error{ErrorCode::corrupt_input, "text encoder: " + what};
}

}  // namespace

Result<ClipTextConfig> infer_clip_text(const KeyShapes& keys, const std::string& prefix) {
    const std::string model = prefix + "text_model.";
    const std::string tokens = model + "embeddings.token_embedding.weight";
    ClipTextConfig config;
    DARKROOM_TRY_ASSIGN(config.vocabulary, keys.extent(tokens, 2, 0));
    DARKROOM_TRY_ASSIGN(config.width, keys.extent(tokens, 2, 1));
    DARKROOM_TRY_ASSIGN(
        config.positions, keys.extent(model + "embeddings.position_embedding.weight", 2, 0));
    DARKROOM_TRY_ASSIGN(
        config.feed_forward, keys.extent(model + "encoder.layers.0.mlp.fc1.weight", 2, 0));
    config.layers = keys.count(model + "encoder.layers.", ".mlp.fc1.weight");
    config.heads = config.width / kHeadWidth;
    if (config.layers > kMaxLayers) return misfit(format("it has {} layers", config.layers));
    if (config.width % kHeadWidth != 0) {
        return misfit(format("width {} is not a multiple of {}", config.width, kHeadWidth));
    }
    if (config.vocabulary != kVocabulary) {
        return misfit(format("{} words instead of {}", config.vocabulary, kVocabulary));
    }
    if (config.positions != kPositions) {
        return misfit(format("{} positions instead of {}", config.positions, kPositions));
    }
    return config;
}

ClipText::ClipText(WeightSource& source, const std::string& prefix, ClipTextConfig config)
    : config_(config) {
    const std::string model = prefix + "text_model.";
    const std::int64_t width = config_.width;
    tokens_ = Embedding(source, model + "embeddings.token_embedding", config_.vocabulary, width);
    positions_ =
        Embedding(source, model + "embeddings.position_embedding", config_.positions, width);
    for (std::int64_t i = 0; i < config_.layers; ++i) {
        const std::string name = format("{}encoder.layers.{}.", model, i);
        Layer layer;
        layer.norm1 = LayerNorm(source, name + "layer_norm1", width);
        layer.norm2 = LayerNorm(source, name + "layer_norm2", width);
        layer.q = Linear(source, name + "self_attn.q_proj", {width, width});
        layer.k = Linear(source, name + "self_attn.k_proj", {width, width});
        layer.v = Linear(source, name + "self_attn.v_proj", {width, width});
        layer.out = Linear(source, name + "self_attn.out_proj", {width, width});
        layer.feed_in = Linear(source, name + "mlp.fc1", {width, config_.feed_forward});
        layer.feed_out = Linear(source, name + "mlp.fc2", {config_.feed_forward, width});
        layers_.push_back(std::move(layer));
    }
    final_norm_ = LayerNorm(source, model + "final_layer_norm", width);
}

Tensor ClipText::operator()(const Tensor& ids, std::int64_t clip_skip) const {
    const std::int64_t samples = ids.shape()[0];
    const std::int64_t length = ids.shape()[1];
    DARKROOM_CHECK(length <= config_.positions, "{} tokens in one chunk", length);
    std::vector<std::int32_t> order(static_cast<std::size_t>(length));
    std::iota(order.begin(), order.end(), 0);
    const Tensor positions = positions_(ids.backend().upload(order, {1, length}));
    const std::vector<Tensor> repeated(static_cast<std::size_t>(samples), positions);

    Tensor h = ops::add(
        ops::cast(tokens_(ids), DType::f32), ops::cast(ops::concat_samples(repeated), DType::f32));
    const std::int64_t run =
        config_.layers - std::clamp<std::int64_t>(clip_skip - 1, 0, config_.layers - 1);
    for (std::int64_t i = 0; i < run; ++i) {
        const Layer& layer = layers_[static_cast<std::size_t>(i)];
        const Tensor normed = layer.norm1(h);
        const Tensor attended = ops::attention(
            layer.q(normed),
            layer.k(normed),
            layer.v(normed),
            {.heads = config_.heads, .causal = true});
        h = layer.out(attended, {.residual = h});
        const Tensor inner = layer.feed_in(layer.norm2(h), {.activation = config_.activation});
        h = layer.feed_out(inner, {.residual = h});
    }
    return final_norm_(h, {.wide = true});
}

}  // namespace darkroom::engine
