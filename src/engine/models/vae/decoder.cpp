// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "base/format.h"
#include "engine/models/vae/vae.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"

namespace darkroom::engine {
namespace {

constexpr float kNormEpsilon = 1e-6f;

}  // namespace

VaeDecoder::VaeDecoder(WeightSource& source, const std::string& prefix, const VaeConfig& config) {
    const std::int64_t latent = config.latent_channels;
    post_quant_ =
        Linear(source, prefix + "post_quant_conv", {latent, latent}, LinearForm::convolution_1x1);
    const std::string decoder = prefix + "decoder.";
    std::int64_t channels = config.level_channels.back();
    conv_in_ = Conv2d(source, decoder + "conv_in", {latent, channels});
    middle_.emplace(source, decoder + "mid", channels);
    for (std::size_t i = config.level_channels.size(); i-- > 0;) {
        Level level;
        for (std::int64_t j = 0; j <= config.residual_blocks; ++j) {
            const std::string name = format("{}up.{}.block.{}", decoder, i, j);
            level.blocks.emplace_back(source, name, channels, config.level_channels[i]);
            channels = config.level_channels[i];
        }
        if (i > 0) {
            const std::string name = format("{}up.{}.upsample.conv", decoder, i);
            level.upsample = Conv2d(source, name, {channels, channels});
        }
        levels_.push_back(std::move(level));
    }
    norm_out_ = GroupNorm(source, decoder + "norm_out", channels, kNormEpsilon);
    conv_out_ = Conv2d(source, decoder + "conv_out", {channels, config.image_channels});
}

Tensor VaeDecoder::operator()(const Tensor& latent) const {
    Tensor h = (*middle_)(conv_in_(post_quant_(latent), {.wide = true}));
    for (const Level& level : levels_) {
        for (const VaeResBlock& block : level.blocks)
            h = block(std::move(h));
        if (level.upsample) {
            // Rounded before it grows: the convolution would do it after.
            h = ops::cast(h, h.backend().compute_dtype());
            h = (*level.upsample)(ops::upsample_nearest2(h), {.wide = true});
        }
    }
    return conv_out_(norm_out_(h, Activation::silu), {.wide = true});
}

}  // namespace darkroom::engine
