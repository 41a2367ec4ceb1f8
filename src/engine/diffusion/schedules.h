// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/diffusion/discretisation.h"

namespace darkroom::engine {

/// Most steps a schedule is made for. Image-to-image with fixed steps asks for steps / strength.
inline constexpr int kMaxSteps = 100'000;

/// A rule for the noise levels of n steps. Names, labels and order as A1111's /schedulers.
struct Schedule {
    /// On the wire, e.g. "sgm_uniform".
    std::string_view name;
    /// In pictures' parameters, e.g. "SGM Uniform".
    std::string_view label;
    /// Further names, e.g. "SGMUniform".
    std::span<const std::string_view> aliases = {};
    /// -1 where the rule has no rho.
    float default_rho = -1.0F;
    /// True where A1111's rule asks the network wrapper for its noise levels.
    bool need_inner_model = false;
    /// n levels in sigma, falling, without the final 0; "ddim" may give n + 1. 1 <= n <= kMaxSteps.
    std::vector<float> (*levels)(int n, const Discretisation& discretisation) = nullptr;
};

/// Every schedule, "automatic" first.
std::span<const Schedule> schedules();

/// The schedule with this name, label or alias (exact spelling), or nullptr.
const Schedule* find_schedule(std::string_view name);

/// The name "automatic" stands for: the sampler's own schedule, or "uniform" where it has none (an
/// empty name). Other names come back as they are.
std::string_view resolve_schedule(std::string_view name, std::string_view default_of_sampler);

/// Sigmas of n steps: falling from about sigma_max, then a final 0. "automatic" is "uniform".
/// Fails with invalid_argument for an unknown schedule or n outside [1, kMaxSteps].
/// Matches A1111's sd_schedulers.py.
Result<std::vector<float>> make_sigmas(
    std::string_view schedule, int n, const Discretisation& discretisation);

/// Integer timesteps, rising, for DDIM and its relatives: range(0, size, size / n) + 1, at most
/// size - 1. May hold more than n values. Fails with invalid_argument for n outside [1, size].
Result<std::vector<int>> make_timesteps(int n, const Discretisation& discretisation);

}  // namespace darkroom::engine
