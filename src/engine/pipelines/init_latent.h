// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "engine/diffusion/image_noise.h"
#include "engine/pipelines/model.h"
#include "engine/pipelines/request.h"
#include "image/image.h"

namespace darkroom::engine {

/// Extents of the latents of a request.
LatentShape latent_shape(const Model& model, const ImageRequest& request);

/// The latent of an RGB picture, f32 [1, 4, h, w], as the UNet sees it: the mean of the VAE's
/// posterior, scaled. A1111 draws from the posterior with whatever state its global generator is
/// in; its deviation is too small to see. Throws PictureFailure when the result is not finite.
Tensor encode_image(const Model& model, const image::Image& picture);

/// The latent that picture `index` starts from, with the masked part as the request's
/// masked_content says: `encoded` is what encode_image made of its picture.
Tensor init_latent(
    const Model& model, const ImageRequest& request, int index, const Tensor& encoded);

/// Keeps the part of a latent that is not to be repainted (A1111's `mask` and `nmask`).
class LatentMask {
  public:
    /// `repaint` has one weight for each place of init [1, c, h, w]: 1 repaints, 0 keeps.
    LatentMask(const Tensor& init, std::span<const float> repaint);

    /// x where it is repainted, the init latent elsewhere.
    [[nodiscard]] Tensor blend(const Tensor& x) const;

  private:
    Tensor repaint_;
    /// The init latent, 0 where it is repainted.
    Tensor kept_;
};

}  // namespace darkroom::engine
