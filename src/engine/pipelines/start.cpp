// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/start.h"

#include <cmath>
#include <span>

#include "base/check.h"
#include "engine/diffusion/schedules.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/elementwise.h"

namespace darkroom::engine {
namespace {

void start_in_timesteps(
    SamplerInputs& inputs,
    const Discretisation& discretisation,
    const ImageRequest& request,
    const Tensor& noise,
    const Tensor& init) {
    const std::vector<int> all = make_timesteps(request.steps, discretisation).value();
    std::span<const int> timesteps(all);
    inputs.start = noise;
    if (init) {
        const auto last = static_cast<std::size_t>(encoded_step(request));
        const auto timestep = static_cast<std::size_t>(timesteps[last]);
        const float alpha = discretisation.alphas_cumprod()[timestep];
        inputs.start = ops::combine(std::sqrt(alpha), init, std::sqrt(1.0F - alpha), noise);
        timesteps = timesteps.first(last);
    }
    inputs.timesteps = make_timestep_steps(timesteps, discretisation);
}

}  // namespace

SamplerInputs sampler_inputs(
    const Model& model,
    const ImageRequest& request,
    const SamplerSpec& sampler,
    ImageNoise& noise,
    const Tensor& init) {
    SamplerInputs inputs;
    inputs.noise = &noise;
    inputs.options = request.sampler_options;
    Tensor first = noise.next();
    if (init && request.init->noise_multiplier != 1.0F)
        first = first * request.init->noise_multiplier;
    if (sampler.uses_timesteps) {
        start_in_timesteps(inputs, model.discretisation(), request, first, init);
        return inputs;
    }
    const Schedule* schedule = find_schedule(request.schedule);
    DARKROOM_CHECK(schedule != nullptr, "unknown schedule {}", request.schedule);
    const std::string_view resolved = resolve_schedule(schedule->name, sampler.default_schedule);
    const std::vector<float> all =
        make_sigmas(resolved, request.steps, model.discretisation()).value();
    std::span<const float> sigmas(all);
    if (init)
        sigmas =
            sigmas.subspan(static_cast<std::size_t>(request.steps - encoded_step(request) - 1));
    inputs.steps = make_steps(sigmas);
    inputs.start = initial_latent(first, sigmas.front());
    if (init) inputs.start = inputs.start + init;
    return inputs;
}

}  // namespace darkroom::engine
