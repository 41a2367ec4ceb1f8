// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/diffusion/sampler.h"

namespace darkroom::engine {

/// A sampler as the user names it. Names, aliases, options and order as A1111's /samplers.
struct SamplerSpec {
    std::string_view name;
    std::span<const std::string_view> aliases = {};
    /// The schedule that "automatic" stands for; empty where A1111 names none.
    std::string_view default_schedule = {};
    /// eta when a request gives none; absent where the sampler has no eta.
    std::optional<float> default_eta = std::nullopt;
    /// Noise after the first draw comes from seed + eta_noise_seed_delta in A1111's parameters
    /// text.
    bool uses_ensd = false;
    /// Two network calls a step.
    bool second_order = false;
    /// Runs on one sigma more than asked for, less the last before 0.
    bool discard_next_to_last_sigma = false;
    /// Runs on SamplerInputs::timesteps instead of steps, and takes no schedule.
    bool uses_timesteps = false;
    /// Starts a run.
    Sampler (*start)(SamplerInputs inputs) = nullptr;
};

/// Every sampler.
std::span<const SamplerSpec> samplers();

/// The sampler with exactly this name, or nullptr.
const SamplerSpec* find_sampler(std::string_view name);

}  // namespace darkroom::engine
