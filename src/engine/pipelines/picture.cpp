// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/picture.h"

#include <cmath>

#include "base/check.h"
#include "engine/diffusion/samplers/registry.h"
#include "engine/diffusion/schedules.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"

namespace darkroom::engine {
namespace {

LatentShape latent_shape(const Model& model, const ImageRequest& request) {
    const std::int64_t factor = model.config().vae.factor();
    return {
        .channels = model.config().vae.latent_channels,
        .height = request.height / factor,
        .width = request.width / factor};
}

SamplerInputs sampler_inputs(
    const Model& model, const ImageRequest& request, const SamplerSpec& spec, ImageNoise& noise) {
    SamplerInputs inputs;
    inputs.noise = &noise;
    inputs.options = request.sampler_options;
    const Tensor first = noise.next();
    if (spec.uses_timesteps) {
        const std::vector<int> timesteps =
            make_timesteps(request.steps, model.discretisation()).value();
        inputs.timesteps = make_timestep_steps(timesteps, model.discretisation());
        inputs.start = first;
        return inputs;
    }
    const Schedule* schedule = find_schedule(request.schedule);
    DARKROOM_CHECK(schedule != nullptr, "unknown schedule {}", request.schedule);
    const std::string_view resolved = resolve_schedule(schedule->name, spec.default_schedule);
    const std::vector<float> sigmas =
        make_sigmas(resolved, request.steps, model.discretisation()).value();
    inputs.steps = make_steps(sigmas);
    inputs.start = initial_latent(first, sigmas.front());
    return inputs;
}

}  // namespace

Picture::Picture(const Model& model, const ImageRequest& request, int index, Guidance guidance)
    : model_(model), index_(index), guidance_(std::move(guidance)), steps_(request.steps) {
    noise_ = std::make_unique<ImageNoise>(
        model.backend(), latent_shape(model, request), noise_of_picture(request, index));
    const SamplerSpec* spec = find_sampler(request.sampler);
    DARKROOM_CHECK(spec != nullptr, "unknown sampler {}", request.sampler);
    sampler_.emplace(spec->start(sampler_inputs(model, request, *spec, *noise_)));
}

int Picture::finished_steps() const {
    return sampled() ? steps_ : sampler_->pending().finished_steps();
}

void Picture::append_rows(std::vector<Tensor>& latents, std::vector<UnetSample>& samples) const {
    const NetworkCall& call = sampler_->pending();
    Tensor x = call.x();
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
        sampler_->resume(last_denoised_);
        return;
    }
    const auto timestep = static_cast<std::size_t>(call.level());
    const float alpha = model_.discretisation().alphas_cumprod()[timestep];
    const Tensor noise = to_noise(call.x(), output, alpha, model_.prediction());
    last_denoised_ = (call.x() - noise * std::sqrt(1.0F - alpha)) / std::sqrt(alpha);
    sampler_->resume(noise);
}

void Picture::cut_short() {
    if (last_denoised_ && !sampled()) cut_short_ = true;
}

Tensor Picture::latent() const {
    return cut_short_ ? last_denoised_ : sampler_->result();
}

image::Image Picture::decode() const {
    Backend& backend = model_.backend();
    const Tensor scaled = latent() / model_.family().scale_factor;
    const Tensor input = ops::cast(ops::nchw_to_nhwc(scaled), backend.compute_dtype());
    const Tensor pixels = ops::cast(model_.vae_decoder()(input), DType::f32);
    if (!ops::all_finite(pixels)) {
        throw PictureFailure("the VAE produced NaN: the checkpoint may be damaged");
    }
    return image::to_image(
        backend.download(pixels),
        static_cast<std::size_t>(pixels.shape()[2]),
        static_cast<std::size_t>(pixels.shape()[1]));
}

}  // namespace darkroom::engine
