// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/models/unet/config.h"
#include "engine/nn/layers.h"

namespace darkroom::engine {

/// Keys and values that one transformer block makes from a text, [1, tokens, channels] each.
struct ContextKeys {
    Tensor k;
    Tensor v;
};

/// ldm.modules.attention.BasicTransformerBlock: self-attention, cross-attention, GEGLU.
class TransformerBlock {
  public:
    TransformerBlock(
        WeightSource& source,
        const std::string& prefix,
        std::int64_t channels,
        const UnetConfig& config);

    /// What this block's cross-attention needs of a context [1, tokens, context_width].
    [[nodiscard]] ContextKeys keys(const Tensor& context) const;

    /// x [n, tokens, channels]; one ContextKeys per sample.
    [[nodiscard]] Tensor operator()(
        const Tensor& x, std::span<const ContextKeys* const> keys) const;

  private:
    [[nodiscard]] Tensor self_attention(const Tensor& x) const;
    [[nodiscard]] Tensor cross_attention(
        const Tensor& x, std::span<const ContextKeys* const> keys) const;

    std::int64_t heads_;
    LayerNorm norm1_, norm2_, norm3_;
    Linear q1_, k1_, v1_, out1_;
    Linear q2_, k2_, v2_, out2_;
    Linear feed_in_, feed_out_;
};

/// ldm.modules.attention.SpatialTransformer over NHWC.
class SpatialTransformer {
  public:
    SpatialTransformer(
        WeightSource& source,
        const std::string& prefix,
        std::int64_t channels,
        std::int64_t depth,
        const UnetConfig& config);

    [[nodiscard]] std::span<const TransformerBlock> blocks() const { return blocks_; }

    /// x [n, h, w, channels]; `keys` holds, block after block, one ContextKeys per sample.
    [[nodiscard]] Tensor operator()(
        const Tensor& x, std::span<const ContextKeys* const> keys) const;

  private:
    GroupNorm norm_;
    Linear proj_in_;
    std::vector<TransformerBlock> blocks_;
    Linear proj_out_;
};

}  // namespace darkroom::engine
