// SPDX-License-Identifier: Apache-2.0
#include "engine/models/unet/config.h"

#include <algorithm>

#include "base/format.h"

namespace darkroom::engine {
namespace {

constexpr std::int64_t kMaxBlocks = 64;
constexpr std::int64_t kMaxDepth = 64;
constexpr std::int64_t kGroups = 32;

Error misfit(const std::string& what) {
    return Error{ErrorCode::corrupt_input, "UNet: " + what};
}

std::int64_t transformer_depth(const KeyShapes& keys, const std::string& block) {
    return keys.count(block + ".transformer_blocks.", ".attn1.to_q.weight");
}

Result<UnetConfig::InputBlock> infer_input_block(const KeyShapes& keys, const std::string& block) {
    using Kind = UnetConfig::InputBlock::Kind;
    UnetConfig::InputBlock inferred;
    if (keys.contains(block + ".0.op.weight")) {
        inferred.kind = Kind::downsample;
        DARKROOM_TRY_ASSIGN(inferred.channels, keys.extent(block + ".0.op.weight", 4, 0));
    } else if (keys.contains(block + ".0.in_layers.2.weight")) {
        inferred.kind = Kind::residual;
        DARKROOM_TRY_ASSIGN(inferred.channels, keys.extent(block + ".0.in_layers.2.weight", 4, 0));
        inferred.depth = transformer_depth(keys, block + ".1");
    } else {
        inferred.kind = Kind::convolution;
        DARKROOM_TRY_ASSIGN(inferred.channels, keys.extent(block + ".0.weight", 4, 0));
    }
    return inferred;
}

Result<void> infer_inputs(const KeyShapes& keys, const std::string& prefix, UnetConfig& config) {
    for (std::int64_t i = 0; i < kMaxBlocks; ++i) {
        const std::string block = format("{}input_blocks.{}", prefix, i);
        if (!keys.has_prefix(block + ".")) break;
        DARKROOM_TRY_ASSIGN(const UnetConfig::InputBlock inferred, infer_input_block(keys, block));
        const bool is_bare = inferred.kind == UnetConfig::InputBlock::Kind::convolution;
        if (is_bare != (i == 0)) {
            return misfit(format("{} is {}a bare convolution", block, is_bare ? "" : "not "));
        }
        config.input_blocks.push_back(inferred);
    }
    if (config.input_blocks.size() < 2) return misfit("it has no input blocks");
    return {};
}

Result<void> infer_outputs(const KeyShapes& keys, const std::string& prefix, UnetConfig& config) {
    for (std::size_t i = 0; i < config.input_blocks.size(); ++i) {
        const std::string block = format("{}output_blocks.{}", prefix, i);
        UnetConfig::OutputBlock inferred;
        DARKROOM_TRY_ASSIGN(inferred.channels, keys.extent(block + ".0.in_layers.2.weight", 4, 0));
        inferred.depth = transformer_depth(keys, block + ".1");
        // The upsampling convolution stands behind the attention, if there is one.
        inferred.upsample =
            keys.contains(block + (inferred.depth > 0 ? ".2" : ".1") + ".conv.weight");
        config.output_blocks.push_back(inferred);
    }
    return {};
}

Result<void> infer_attention(const KeyShapes& keys, const std::string& prefix, UnetConfig& config) {
    config.middle_depth = transformer_depth(keys, prefix + "middle_block.1");
    for (const auto& [key, shape] : keys) {
        if (!key.starts_with(prefix)) continue;
        if (config.context_width == 0 && key.ends_with(".attn2.to_k.weight")) {
            DARKROOM_TRY_ASSIGN(config.context_width, keys.extent(key, 2, 1));
        }
        if (key.ends_with(".proj_in.weight")) config.linear_projection = shape.size() == 2;
    }
    if (config.context_width == 0) return misfit("it has no cross-attention");
    return {};
}

Result<void> check_widths(const UnetConfig& config) {
    std::int64_t upsamples = 0;
    const auto check = [&](std::int64_t channels, std::int64_t depth) -> Result<void> {
        if (channels % kGroups != 0) {
            return misfit(format("{} channels are not a multiple of {}", channels, kGroups));
        }
        if (depth > kMaxDepth) return misfit(format("a transformer is {} blocks deep", depth));
        const std::int64_t heads = config.heads.of(channels);
        if (depth > 0 && (heads < 1 || channels % heads != 0)) {
            return misfit(format("{} channels cannot be split into {} heads", channels, heads));
        }
        return {};
    };
    for (const auto& block : config.input_blocks)
        DARKROOM_TRY(check(block.channels, block.depth));
    for (const auto& block : config.output_blocks) {
        DARKROOM_TRY(check(block.channels, block.depth));
        upsamples += block.upsample ? 1 : 0;
    }
    DARKROOM_TRY(check(config.input_blocks.back().channels, config.middle_depth));
    if (upsamples != config.downsamples()) {
        return misfit(
            format("{} downsamplings but {} upsamplings", config.downsamples(), upsamples));
    }
    return {};
}

}  // namespace

std::int64_t UnetConfig::downsamples() const {
    return std::ranges::count(
        input_blocks, InputBlock::Kind::downsample, [](const InputBlock& b) { return b.kind; });
}

Result<UnetConfig> infer_unet(
    const KeyShapes& keys, const std::string& prefix, const AttentionHeads& heads) {
    UnetConfig config;
    config.heads = heads;
    const std::string conv_in = prefix + "input_blocks.0.0.weight";
    DARKROOM_TRY_ASSIGN(config.model_channels, keys.extent(conv_in, 4, 0));
    DARKROOM_TRY_ASSIGN(config.in_channels, keys.extent(conv_in, 4, 1));
    DARKROOM_TRY_ASSIGN(config.out_channels, keys.extent(prefix + "out.2.weight", 4, 0));
    if (keys.contains(prefix + "label_emb.0.0.weight")) {
        DARKROOM_TRY_ASSIGN(
            config.vector_width, keys.extent(prefix + "label_emb.0.0.weight", 2, 1));
    }
    DARKROOM_TRY(infer_inputs(keys, prefix, config));
    DARKROOM_TRY(infer_outputs(keys, prefix, config));
    DARKROOM_TRY(infer_attention(keys, prefix, config));
    DARKROOM_TRY(check_widths(config));
    return config;
}

}  // namespace darkroom::engine
