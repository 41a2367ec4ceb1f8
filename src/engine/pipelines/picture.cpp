// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/picture.h"

#include <cmath>

#include "base/check.h"
#include "engine/diffusion/samplers/registry.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/pipelines/start.h"

namespace darkroom::engine {

Picture::Picture(
    const Model& model,
    const ImageRequest& request,
    int index,
    Guidance guidance,
    const Tensor& encoded)
    : model_(model),
      index_(index),
      guidance_(std::move(guidance)),
      steps_(steps_of_picture(request)) {
    noise_ = std::make_unique<ImageNoise>(
        model.backend(), latent_shape(model, request), noise_of_picture(request, index));
    const SamplerSpec* spec = find_sampler(request.sampler);
    DARKROOM_CHECK(spec != nullptr, "unknown sampler {}", request.sampler);
    Tensor init;
    if (request.init) {
        init = init_latent(model, request, index, encoded);
        if (!request.init->mask.empty()) mask_.emplace(init, request.init->mask);
    }
    sampler_.emplace(spec->start(sampler_inputs(model, request, *spec, *noise_, init)));
}

int Picture::finished_steps() const {
    return sampled() ? steps_ : sampler_->pending().finished_steps();
}

/// A1111 blends a mask in after denoising in sigma space, before it in timesteps.
Tensor Picture::network_input() const {
    const NetworkCall& call = sampler_->pending();
    const bool is_blended = mask_ && call.kind() == NetworkCall::Kind::predict_noise;
    return is_blended ? mask_->blend(call.x()) : call.x();
}

void Picture::append_rows(std::vector<Tensor>& latents, std::vector<UnetSample>& samples) const {
    const NetworkCall& call = sampler_->pending();
    Tensor x = network_input();
    float timestep = call.level();
    if (call.kind() == NetworkCall::Kind::denoise) {
        x = x * scalings(call.level(), model_.prediction()).c_in;
        timestep = static_cast<float>(model_.discretisation().timestep(call.level()));
    }
    latents.push_back(x);
    samples.push_back({.timestep = timestep, .context = guidance_.positive.get()});
    if (guidance_.negative) {
        latents.push_back(x);
        samples.push_back({.timestep = timestep, .context = guidance_.negative.get()});
    }
}

void Picture::answer(const Tensor& outputs) {
    Tensor output = outputs.rows(0, 1);
    if (guidance_.negative) {
        output = ops::combine(guidance_.scale, output, 1.0F - guidance_.scale, outputs.rows(1, 2));
    }
    if (!ops::all_finite(output)) {
        throw PictureFailure("the UNet produced NaN: the checkpoint may be damaged");
    }
    const NetworkCall& call = sampler_->pending();
    if (call.kind() == NetworkCall::Kind::denoise) {
        last_denoised_ = to_denoised(call.x(), output, call.level(), model_.prediction());
        if (mask_) last_denoised_ = mask_->blend(last_denoised_);
        sampler_->resume(last_denoised_);
        return;
    }
    const auto timestep = static_cast<std::size_t>(call.level());
    const float alpha = model_.discretisation().alphas_cumprod()[timestep];
    const Tensor noise = to_noise(network_input(), output, alpha, model_.prediction());
    last_denoised_ = (call.x() - noise * std::sqrt(1.0F - alpha)) / std::sqrt(alpha);
    sampler_->resume(noise);
}

void Picture::cut_short() {
    if (last_denoised_ && !sampled()) cut_short_ = true;
}

Tensor Picture::latent() const {
    const Tensor sampled = cut_short_ ? last_denoised_ : sampler_->result();
    return mask_ ? mask_->blend(sampled) : sampled;
}

image::Image Picture::decode() const {
    Backend& backend = model_.backend();
    const Tensor scaled = latent() / model_.family().scale_factor;
    const Tensor pixels = ops::cast(model_.vae_decoder()(ops::nchw_to_nhwc(scaled)), DType::f32);
    if (!ops::all_finite(pixels)) {
        throw PictureFailure("the VAE produced NaN: the checkpoint may be damaged");
    }
    return image::to_image(
        backend.download(pixels),
        static_cast<std::size_t>(pixels.shape()[2]),
        static_cast<std::size_t>(pixels.shape()[1]));
}

}  // namespace darkroom::engine
