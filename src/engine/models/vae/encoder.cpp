// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "base/format.h"
#include "engine/models/vae/vae.h"
#include "engine/ops/feature_map.h"

namespace darkroom::engine {
namespace {

constexpr float kNormEpsilon = 1e-6f;

}  // namespace

VaeEncoder::VaeEncoder(WeightSource& source, const std::string& prefix, const VaeConfig& config) {
    const std::string encoder = prefix + "encoder.";
    std::int64_t channels = config.level_channels.front();
    conv_in_ = Conv2d(source, encoder + "conv_in", {config.image_channels, channels});
    for (std::size_t i = 0; i < config.level_channels.size(); ++i) {
        Level level;
        for (std::int64_t j = 0; j < config.residual_blocks; ++j) {
            const std::string name = format("{}down.{}.block.{}", encoder, i, j);
            level.blocks.emplace_back(source, name, channels, config.level_channels[i]);
            channels = config.level_channels[i];
        }
        if (i + 1 < config.level_channels.size()) {
            // Padded right and below only.
            const std::string name = format("{}down.{}.downsample.conv", encoder, i);
            level.downsample = Conv2d(source, name, {channels, channels, 3, 2, 0, 1});
        }
        levels_.push_back(std::move(level));
    }
    middle_.emplace(source, encoder + "mid", channels);
    norm_out_ = GroupNorm(source, encoder + "norm_out", channels, kNormEpsilon);
    const std::int64_t moments = 2 * config.latent_channels;
    conv_out_ = Conv2d(source, encoder + "conv_out", {channels, moments});
    quant_ = Linear(source, prefix + "quant_conv", {moments, moments}, LinearForm::convolution_1x1);
}

Tensor VaeEncoder::operator()(const Tensor& image, std::int64_t band_pixels) const {
    std::vector<Tensor> moments;
    for (std::int64_t sample = 0; sample < image.shape()[0]; ++sample)
        moments.push_back(encode(image.rows(sample, sample + 1), band_pixels));
    return moments.size() == 1 ? moments.front() : ops::concat_samples(moments);
}

Tensor VaeEncoder::encode(const Tensor& image, std::int64_t band_pixels) const {
    RowBands h = convolved(conv_in_, RowBands(image, band_pixels));
    for (const Level& level : levels_) {
        for (const VaeResBlock& block : level.blocks)
            h = block(std::move(h));
        if (level.downsample) h = convolved(*level.downsample, std::move(h));
    }
    h = (*middle_)(std::move(h));
    const Tensor moments = normed_convolution(norm_out_, conv_out_, std::move(h)).joined();
    return quant_(moments, {.wide = true});
}

}  // namespace darkroom::engine
