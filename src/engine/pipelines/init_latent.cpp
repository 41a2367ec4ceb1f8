// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/init_latent.h"

#include <vector>

#include "base/check.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/elementwise.h"
#include "engine/pipelines/picture.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kRgb = 3;

/// The weights (or what is left to 1 of them) for every channel.
Tensor spread(const Tensor& like, std::span<const float> weights, bool inverted) {
    const Shape& shape = like.shape();
    DARKROOM_CHECK(
        static_cast<std::int64_t>(weights.size()) == shape[2] * shape[3],
        "a mask of {} weights for a latent of {}",
        weights.size(),
        to_string(shape));
    std::vector<float> values;
    values.reserve(weights.size() * static_cast<std::size_t>(shape[1]));
    for (std::int64_t channel = 0; channel < shape[1]; ++channel) {
        for (const float weight : weights)
            values.push_back(inverted ? 1.0F - weight : weight);
    }
    return like.backend().upload(std::span<const float>(values), shape);
}

}  // namespace

LatentShape latent_shape(const Model& model, const ImageRequest& request) {
    const std::int64_t factor = model.config().vae.factor();
    return {
        .channels = model.config().vae.latent_channels,
        .height = request.height / factor,
        .width = request.width / factor};
}

Tensor encode_image(const Model& model, const image::Image& picture) {
    DARKROOM_CHECK(
        picture.channels == kRgb && picture.pixels.size() == picture.width * picture.height * kRgb,
        "a picture to start from is RGB, not {} channels",
        picture.channels);
    Backend& backend = model.backend();
    std::vector<float> pixels;
    pixels.reserve(picture.pixels.size());
    for (const std::uint8_t value : picture.pixels)
        pixels.push_back(static_cast<float>(value) / 255.0F * 2.0F - 1.0F);
    const Shape shape{
        1, static_cast<std::int64_t>(picture.height), static_cast<std::int64_t>(picture.width), 3};
    Tensor input =
        ops::cast(backend.upload(std::span<const float>(pixels), shape), backend.compute_dtype());
    const Tensor moments = ops::cast(model.vae_encoder()(input), DType::f32);
    input = {};
    if (!ops::all_finite(moments)) {
        throw PictureFailure("the VAE produced NaN: the checkpoint may be damaged");
    }
    // [1, h, w, mean and log variance] to [1, mean, h, w].
    const std::vector<float> values = backend.download(moments);
    const std::int64_t places = moments.shape()[1] * moments.shape()[2];
    const std::int64_t width = moments.shape()[3];
    const std::int64_t channels = model.config().vae.latent_channels;
    std::vector<float> latent(static_cast<std::size_t>(channels * places));
    for (std::int64_t channel = 0; channel < channels; ++channel) {
        for (std::int64_t place = 0; place < places; ++place) {
            latent[static_cast<std::size_t>(channel * places + place)] =
                values[static_cast<std::size_t>(place * width + channel)] *
                model.family().scale_factor;
        }
    }
    return backend.upload(
        std::span<const float>(latent), {1, channels, moments.shape()[1], moments.shape()[2]});
}

Tensor init_latent(
    const Model& model, const ImageRequest& request, int index, const Tensor& encoded) {
    const InitPictures& init = *request.init;
    if (init.mask.empty() || init.masked_content == MaskedContent::original) return encoded;
    Tensor kept = ops::multiply(encoded, spread(encoded, init.mask, true));
    if (init.masked_content == MaskedContent::latent_nothing) return kept;
    // A1111 draws it once for all iterations, from the bare seeds of the first.
    NoiseOptions options;
    options.seed = noise_of_picture(request, index % request.batch_size).seed;
    options.randn_source = request.noise.randn_source;
    const Tensor noise = ImageNoise(model.backend(), latent_shape(model, request), options).next();
    return ops::add(kept, ops::multiply(noise, spread(encoded, init.mask, false)));
}

LatentMask::LatentMask(const Tensor& init, std::span<const float> repaint)
    : repaint_(spread(init, repaint, false)),
      kept_(ops::multiply(init, spread(init, repaint, true))) {}

Tensor LatentMask::blend(const Tensor& x) const {
    return ops::add(ops::multiply(x, repaint_), kept_);
}

}  // namespace darkroom::engine
