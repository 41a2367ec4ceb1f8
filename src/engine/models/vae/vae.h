// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/models/vae/row_bands.h"
#include "engine/nn/layers.h"
#include "engine/weights/key_shapes.h"

namespace darkroom::engine {

/// Architecture of ldm's AutoencoderKL.
struct VaeConfig {
    std::int64_t latent_channels = 4;
    std::int64_t image_channels = 3;
    /// Channels of each level, finest first (128, 256, 512, 512).
    std::vector<std::int64_t> level_channels;
    /// Residual blocks of a level of the encoder; the decoder has one more.
    std::int64_t residual_blocks = 2;

    /// Pixels along one side of a latent pixel.
    [[nodiscard]] std::int64_t factor() const {
        return std::int64_t{1} << (level_channels.size() - 1);
    }
};

/// Infers the architecture from the keys under `prefix` ("first_stage_model."). Fails with
/// corrupt_input, naming the key that does not fit.
Result<VaeConfig> infer_vae(const KeyShapes& keys, const std::string& prefix);

/// The residual block that encoder and decoder are made of (no time embedding).
class VaeResBlock {
  public:
    VaeResBlock(WeightSource& source, const std::string& prefix, std::int64_t in, std::int64_t out);
    [[nodiscard]] RowBands operator()(RowBands x) const;

  private:
    GroupNorm norm1_, norm2_;
    Conv2d conv1_, conv2_;
    std::optional<Linear> shortcut_;
};

/// Residual block, single-head attention over all pixels, residual block.
class VaeMiddle {
  public:
    VaeMiddle(WeightSource& source, const std::string& prefix, std::int64_t channels);
    [[nodiscard]] RowBands operator()(RowBands x) const;

  private:
    VaeResBlock block1_, block2_;
    GroupNorm norm_;
    Linear q_, k_, v_, out_;
};

/// The result is wide.
RowBands convolved(const Conv2d& convolution, RowBands x);

/// What encoder and decoder end with: normalised, activated, convolved; the result is wide.
RowBands normed_convolution(const GroupNorm& norm, const Conv2d& convolution, RowBands x);

/// Picture to the moments of its latent. Samples are encoded one after the other, in bands of
/// about `band_pixels` pixels, which change no byte.
class VaeEncoder {
  public:
    VaeEncoder(WeightSource& source, const std::string& prefix, const VaeConfig& config);

    /// image [n, h, w, 3] in [-1, 1], f32 or compute dtype; returns [n, h/f, w/f, 2 * latent] in
    /// f32: mean, then log variance (not clamped), not scaled.
    [[nodiscard]] Tensor operator()(
        const Tensor& image, std::int64_t band_pixels = kBandPixels) const;

  private:
    [[nodiscard]] Tensor encode(const Tensor& image, std::int64_t band_pixels) const;

    struct Level {
        std::vector<VaeResBlock> blocks;
        std::optional<Conv2d> downsample;
    };
    Conv2d conv_in_;
    std::vector<Level> levels_;
    std::optional<VaeMiddle> middle_;
    GroupNorm norm_out_;
    Conv2d conv_out_;
    Linear quant_;
};

/// Latent to picture. Samples are decoded one after the other, in bands of about `band_pixels`
/// pixels, which change no byte.
class VaeDecoder {
  public:
    VaeDecoder(WeightSource& source, const std::string& prefix, const VaeConfig& config);

    /// latent [n, h, w, latent], already divided by the scale factor, f32 or, less exact,
    /// compute dtype; returns [n, h*f, w*f, 3] in f32, about [-1, 1].
    [[nodiscard]] Tensor operator()(
        const Tensor& latent, std::int64_t band_pixels = kBandPixels) const;

  private:
    [[nodiscard]] Tensor decode(const Tensor& latent, std::int64_t band_pixels) const;

    struct Level {
        std::vector<VaeResBlock> blocks;
        std::optional<Conv2d> upsample;
    };
    Linear post_quant_;
    Conv2d conv_in_;
    std::optional<VaeMiddle> middle_;
    /// Coarsest first, as they run; the file numbers them the other way round.
    std::vector<Level> levels_;
    GroupNorm norm_out_;
    Conv2d conv_out_;
};

}  // namespace darkroom::engine
