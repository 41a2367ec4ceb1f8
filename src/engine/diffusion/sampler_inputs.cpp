// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/sampler_inputs.h"

#include <cstddef>

#include "base/check.h"
#include "engine/ops/arithmetic.h"

namespace darkroom::engine {

std::vector<Step> make_steps(std::span<const float> sigmas) {
    std::vector<Step> steps;
    for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
        DARKROOM_CHECK(
            sigmas[i] > 0.0F && sigmas[i] >= sigmas[i + 1] && sigmas[i + 1] >= 0.0F,
            "sigma {} after {}",
            sigmas[i + 1],
            sigmas[i]);
        steps.push_back(
            {.sigma = sigmas[i],
             .next_sigma = sigmas[i + 1],
             .index = static_cast<int>(i),
             .count = static_cast<int>(sigmas.size() - 1)});
    }
    return steps;
}

std::vector<TimestepStep> make_timestep_steps(
    std::span<const int> timesteps, const Discretisation& discretisation) {
    const std::vector<float>& alphas = discretisation.alphas_cumprod();
    const auto alpha_of = [&alphas](int timestep) {
        DARKROOM_CHECK(
            timestep >= 0 && static_cast<std::size_t>(timestep) < alphas.size(),
            "timestep {} of {}",
            timestep,
            alphas.size());
        return alphas[static_cast<std::size_t>(timestep)];
    };
    const std::size_t size = timesteps.size();
    std::vector<TimestepStep> steps;
    for (std::size_t i = 0; i + 1 < size; ++i) {
        const int timestep = timesteps[size - 1 - i];
        steps.push_back(
            {.timestep = timestep,
             .alpha = alpha_of(timestep),
             .next_alpha = static_cast<double>(alpha_of(timesteps[size - 2 - i])),
             .index = static_cast<int>(i),
             .count = static_cast<int>(size - 1)});
    }
    return steps;
}

Tensor SamplerInputs::draw() const {
    DARKROOM_CHECK(noise != nullptr, "this sampler draws noise");
    return noise->next();
}

Tensor initial_latent(const Tensor& noise, float sigma) {
    return noise * sigma;
}

}  // namespace darkroom::engine
