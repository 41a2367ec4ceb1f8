// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "engine/models/unet/unet.h"

namespace darkroom::engine {
namespace {

constexpr float kNormEpsilon = 1e-5f;
constexpr std::int64_t kTimeWidth = 4;  // time embedding width in model channels

/// A 3x3 convolution inside the network; not its first and last ones, whose few channels cost
/// little and matter much.
Conv2dSpec inner(Conv2dSpec spec) {
    spec.quantisable = true;
    return spec;
}

}  // namespace

Unet::Unet(WeightSource& source, const std::string& prefix, UnetConfig config)
    : config_(std::move(config)) {
    DARKROOM_CHECK(config_.vector_width == 0, "a UNet with a vector input is not built yet");
    const std::int64_t c = config_.model_channels;
    time_in_ = Linear(source, prefix + "time_embed.0", {c, c * kTimeWidth});
    time_out_ = Linear(source, prefix + "time_embed.2", {c * kTimeWidth, c * kTimeWidth});
    build_inputs(source, prefix);
    build_middle(source, prefix);
    build_outputs(source, prefix);
    const std::int64_t last = config_.output_blocks.back().channels;
    out_norm_ = GroupNorm(source, prefix + "out.0", last, kNormEpsilon);
    out_conv_ = Conv2d(source, prefix + "out.2", {last, config_.out_channels});
}

Unet::ResBlock Unet::make_res_block(
    WeightSource& source, const std::string& prefix, std::int64_t in, std::int64_t out) const {
    ResBlock block;
    block.norm_in = GroupNorm(source, prefix + ".in_layers.0", in, kNormEpsilon);
    block.conv_in = Conv2d(source, prefix + ".in_layers.2", inner({in, out}));
    block.embedding =
        Linear(source, prefix + ".emb_layers.1", {config_.model_channels * kTimeWidth, out});
    block.norm_out = GroupNorm(source, prefix + ".out_layers.0", out, kNormEpsilon);
    block.conv_out = Conv2d(source, prefix + ".out_layers.3", inner({out, out}));
    if (in != out) {
        const LinearSpec skip{.in_features = in, .out_features = out, .quantisable = true};
        block.skip = Linear(source, prefix + ".skip_connection", skip, LinearForm::convolution_1x1);
    }
    return block;
}

void Unet::build_inputs(WeightSource& source, const std::string& prefix) {
    using Kind = UnetConfig::InputBlock::Kind;
    std::int64_t channels = config_.in_channels;
    for (std::size_t i = 0; i < config_.input_blocks.size(); ++i) {
        const auto& spec = config_.input_blocks[i];
        const std::string name = format("{}input_blocks.{}", prefix, i);
        Block block;
        DARKROOM_CHECK(
            (spec.kind == Kind::convolution) == (i == 0), "input block {} out of place", i);
        switch (spec.kind) {
            case Kind::convolution:
                in_conv_ = Conv2d(source, name + ".0", {channels, spec.channels});
                channels = spec.channels;
                continue;
            case Kind::downsample:
                block.downsample = Conv2d(
                    source,
                    name + ".0.op",
                    inner({.in_channels = channels, .out_channels = spec.channels, .stride = 2}));
                break;
            case Kind::residual:
                block.residual = make_res_block(source, name + ".0", channels, spec.channels);
                break;
        }
        if (spec.depth > 0) {
            block.transformer.emplace(source, name + ".1", spec.channels, spec.depth, config_);
        }
        channels = spec.channels;
        inputs_.push_back(std::move(block));
    }
}

void Unet::build_middle(WeightSource& source, const std::string& prefix) {
    const std::int64_t channels = config_.input_blocks.back().channels;
    // A middle without attention (SSD-1B) numbers its residual blocks 0 and 1.
    Block first;
    first.residual = make_res_block(source, prefix + "middle_block.0", channels, channels);
    if (config_.middle_depth > 0) {
        first.transformer.emplace(
            source, prefix + "middle_block.1", channels, config_.middle_depth, config_);
    }
    Block second;
    const char* name = config_.middle_depth > 0 ? "middle_block.2" : "middle_block.1";
    second.residual = make_res_block(source, prefix + name, channels, channels);
    middle_.push_back(std::move(first));
    middle_.push_back(std::move(second));
}

void Unet::build_outputs(WeightSource& source, const std::string& prefix) {
    std::int64_t channels = config_.input_blocks.back().channels;
    for (std::size_t i = 0; i < config_.output_blocks.size(); ++i) {
        const auto& spec = config_.output_blocks[i];
        const std::int64_t skip =
            config_.input_blocks[config_.input_blocks.size() - 1 - i].channels;
        const std::string name = format("{}output_blocks.{}", prefix, i);
        Block block;
        block.residual = make_res_block(source, name + ".0", channels + skip, spec.channels);
        if (spec.depth > 0) {
            block.transformer.emplace(source, name + ".1", spec.channels, spec.depth, config_);
        }
        if (spec.upsample) {
            const char* part = spec.depth > 0 ? ".2.conv" : ".1.conv";
            block.upsample = Conv2d(
                source,
                name + part,
                inner(
                    {.in_channels = spec.channels,
                     .out_channels = spec.channels,
                     .upsampled = true}));
        }
        channels = spec.channels;
        outputs_.push_back(std::move(block));
    }
}

}  // namespace darkroom::engine
