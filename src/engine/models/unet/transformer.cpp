// SPDX-License-Identifier: Apache-2.0
#include "engine/models/unet/transformer.h"

#include "base/format.h"
#include "base/local_memory.h"
#include "engine/ops/attention.h"
#include "engine/ops/feature_map.h"
#include "engine/ops/matrix.h"

namespace darkroom::engine {
namespace {

constexpr float kNormEpsilon = 1e-6f;  // SpatialTransformer's GroupNorm, unlike the ResBlocks'
constexpr std::int64_t kFeedForward = 4;

}  // namespace

TransformerBlock::TransformerBlock(
    WeightSource& source,
    const std::string& prefix,
    std::int64_t channels,
    const UnetConfig& config)
    : heads_(config.heads.of(channels)),
      norm1_(source, prefix + ".norm1", channels),
      norm2_(source, prefix + ".norm2", channels),
      norm3_(source, prefix + ".norm3", channels) {
    const LinearSpec square{channels, channels, true};
    const LinearSpec from_context{config.context_width, channels};
    const auto no_bias = LinearForm::without_bias;
    q1_ = Linear(source, prefix + ".attn1.to_q", square, no_bias);
    k1_ = Linear(source, prefix + ".attn1.to_k", square, no_bias);
    v1_ = Linear(source, prefix + ".attn1.to_v", square, no_bias);
    out1_ = Linear(source, prefix + ".attn1.to_out.0", square);
    q2_ = Linear(source, prefix + ".attn2.to_q", square, no_bias);
    k2_ = Linear(source, prefix + ".attn2.to_k", from_context, no_bias);
    v2_ = Linear(source, prefix + ".attn2.to_v", from_context, no_bias);
    out2_ = Linear(source, prefix + ".attn2.to_out.0", square);
    const std::int64_t inner = channels * kFeedForward;
    feed_in_ = Linear(
        source,
        prefix + ".ff.net.0.proj",
        {.in_features = channels, .out_features = inner, .quantisable = true, .gated = true});
    feed_out_ = Linear(source, prefix + ".ff.net.2", {inner, channels, true});
}

ContextKeys TransformerBlock::keys(const Tensor& context) const {
    return {k2_(context), v2_(context)};
}

Tensor TransformerBlock::self_attention(const Tensor& x) const {
    const Tensor h = norm1_(x);
    const Tensor attended = ops::attention(q1_(h), k1_(h), v1_(h), {.heads = heads_});
    return out1_(attended, {.residual = x});
}

Tensor TransformerBlock::cross_attention(
    const Tensor& x, std::span<const ContextKeys* const> keys) const {
    const Tensor q = q2_(norm2_(x));
    // Each sample has a context of its own length.
    LocalMemory<8 * sizeof(Tensor)> memory;
    std::pmr::vector<Tensor> attended(memory.resource());
    attended.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        attended.push_back(
            ops::attention(q.rows(row, row + 1), keys[i]->k, keys[i]->v, {.heads = heads_}));
    }
    const Tensor joined = attended.size() == 1 ? attended[0] : ops::concat_samples(attended);
    return out2_(joined, {.residual = x});
}

Tensor TransformerBlock::operator()(
    const Tensor& x, std::span<const ContextKeys* const> keys) const {
    Tensor h = self_attention(x);
    h = cross_attention(h, keys);
    return feed_out_(feed_in_(norm3_(h)), {.residual = h});
}

SpatialTransformer::SpatialTransformer(
    WeightSource& source,
    const std::string& prefix,
    std::int64_t channels,
    std::int64_t depth,
    const UnetConfig& config)
    : norm_(source, prefix + ".norm", channels, kNormEpsilon) {
    const LinearForm form =
        config.linear_projection ? LinearForm::with_bias : LinearForm::convolution_1x1;
    const LinearSpec square{channels, channels, true};
    proj_in_ = Linear(source, prefix + ".proj_in", square, form);
    for (std::int64_t i = 0; i < depth; ++i) {
        blocks_.emplace_back(
            source, format("{}.transformer_blocks.{}", prefix, i), channels, config);
    }
    proj_out_ = Linear(source, prefix + ".proj_out", square, form);
}

Tensor SpatialTransformer::operator()(
    const Tensor& x, std::span<const ContextKeys* const> keys) const {
    const Shape& map = x.shape();
    const std::size_t samples = static_cast<std::size_t>(map[0]);
    Tensor h = proj_in_(norm_(x), {.wide = true}).reshape({map[0], map[1] * map[2], map[3]});
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        h = blocks_[i](h, keys.subspan(i * samples, samples));
    }
    return proj_out_(h.reshape(map), {.residual = x});
}

}  // namespace darkroom::engine
