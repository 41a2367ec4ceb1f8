// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "engine/diffusion/sampler.h"
#include "engine/pipelines/init_latent.h"
#include "engine/pipelines/model.h"
#include "engine/pipelines/request.h"
#include "image/image.h"

namespace darkroom::engine {

/// Conditioning that all pictures of a request share.
struct Guidance {
    std::shared_ptr<const UnetContext> positive;
    /// Null when guidance is 1.
    std::shared_ptr<const UnetContext> negative;
    float scale = 1.0F;

    /// Samples of a UNet call that one picture needs.
    [[nodiscard]] int rows() const { return negative ? 2 : 1; }
};

/// One picture being drawn: its noise, its sampler, and the translation between what the sampler
/// asks for and what the UNet computes.
class Picture {
  public:
    /// Makes the noise and runs the sampler to its first call. `request` was validated; `encoded`
    /// is what encode_image made of the picture it starts from, absent without InitPictures.
    Picture(
        const Model& model,
        const ImageRequest& request,
        int index,
        Guidance guidance,
        const Tensor& encoded);

    [[nodiscard]] int index() const { return index_; }
    /// True when nothing but decoding is left.
    [[nodiscard]] bool sampled() const { return cut_short_ || sampler_->done(); }
    [[nodiscard]] int finished_steps() const;
    [[nodiscard]] int rows() const { return guidance_.rows(); }

    /// Appends the samples of the pending call: scaled latents f32 [1, 4, h, w] and their
    /// UnetSample.
    void append_rows(std::vector<Tensor>& latents, std::vector<UnetSample>& samples) const;

    /// Takes the UNet's outputs for those rows, f32 [rows, 4, h, w], and runs to the next call.
    /// Throws PictureFailure when they hold NaN or infinity.
    void answer(const Tensor& outputs);

    /// Ends sampling with the last denoised latent, if there is one yet.
    void cut_short();

    /// What sampling ended with, f32 [1, 4, h, w], as the UNet sees it.
    [[nodiscard]] Tensor latent() const;

    /// Decodes the latent. Throws PictureFailure when the result is not finite.
    [[nodiscard]] image::Image decode() const;

  private:
    /// What the network sees of the pending call.
    [[nodiscard]] Tensor network_input() const;

    const Model& model_;
    int index_;
    Guidance guidance_;
    int steps_;
    std::unique_ptr<ImageNoise> noise_;
    std::optional<LatentMask> mask_;
    std::optional<Sampler> sampler_;
    Tensor last_denoised_;
    bool cut_short_ = false;
};

/// A picture that cannot be drawn though the engine is sound, such as one whose latent became NaN.
class PictureFailure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace darkroom::engine
