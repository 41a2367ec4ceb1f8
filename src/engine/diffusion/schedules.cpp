// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/schedules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace darkroom::engine {

namespace {

constexpr double kKarrasRho = 7.0;

/// Value i of n evenly spaced ones from first to last; first alone when n is 1.
double evenly_spaced(double first, double last, int i, int n) {
    return n == 1 ? first : first + (last - first) * i / (n - 1);
}

double last_timestep(const Discretisation& discretisation) {
    return static_cast<double>(discretisation.size() - 1);
}

std::vector<float> uniform(int n, const Discretisation& discretisation) {
    std::vector<float> sigmas;
    for (int i = 0; i < n; ++i) {
        sigmas.push_back(
            discretisation.sigma(evenly_spaced(last_timestep(discretisation), 0.0, i, n)));
    }
    return sigmas;
}

/// Karras et al. 2022, eq. 5.
std::vector<float> karras(int n, const Discretisation& discretisation) {
    const double first =
        std::pow(static_cast<double>(discretisation.sigma_max()), 1.0 / kKarrasRho);
    const double last = std::pow(static_cast<double>(discretisation.sigma_min()), 1.0 / kKarrasRho);
    std::vector<float> sigmas;
    for (int i = 0; i < n; ++i) {
        sigmas.push_back(
            static_cast<float>(std::pow(evenly_spaced(first, last, i, n), kKarrasRho)));
    }
    return sigmas;
}

std::vector<float> exponential(int n, const Discretisation& discretisation) {
    const double first = std::log(static_cast<double>(discretisation.sigma_max()));
    const double last = std::log(static_cast<double>(discretisation.sigma_min()));
    std::vector<float> sigmas;
    for (int i = 0; i < n; ++i) {
        sigmas.push_back(static_cast<float>(std::exp(evenly_spaced(first, last, i, n))));
    }
    return sigmas;
}

/// As uniform over n + 1 levels, without the last.
std::vector<float> sgm_uniform(int n, const Discretisation& discretisation) {
    std::vector<float> sigmas = uniform(n + 1, discretisation);
    sigmas.pop_back();
    return sigmas;
}

std::vector<float> simple(int n, const Discretisation& discretisation) {
    const std::size_t size = discretisation.size();
    std::vector<float> sigmas;
    for (int i = 0; i < n; ++i) {
        const double offset = i * (static_cast<double>(size) / n);
        sigmas.push_back(discretisation.sigmas()[size - 1 - static_cast<std::size_t>(offset)]);
    }
    return sigmas;
}

std::vector<float> ddim(int n, const Discretisation& discretisation) {
    const std::size_t size = discretisation.size();
    const std::size_t stride = std::max<std::size_t>(size / static_cast<std::size_t>(n), 1);
    std::vector<float> sigmas;
    for (std::size_t t = 1; t < size; t += stride) {
        sigmas.push_back(discretisation.sigmas()[t]);
    }
    std::reverse(sigmas.begin(), sigmas.end());
    return sigmas;
}

constexpr std::array<std::string_view, 1> kSgmUniformAliases = {"SGMUniform"};

constexpr std::array<Schedule, 8> kSchedules = {{
    {.name = "automatic", .label = "Automatic", .levels = uniform},
    {.name = "uniform", .label = "Uniform", .need_inner_model = true, .levels = uniform},
    {.name = "karras", .label = "Karras", .default_rho = 7.0F, .levels = karras},
    {.name = "exponential", .label = "Exponential", .levels = exponential},
    {.name = "sgm_uniform",
     .label = "SGM Uniform",
     .aliases = kSgmUniformAliases,
     .need_inner_model = true,
     .levels = sgm_uniform},
    {.name = "simple", .label = "Simple", .need_inner_model = true, .levels = simple},
    // Differs from "uniform" in A1111 only by how t(sigma) rounds.
    {.name = "normal", .label = "Normal", .need_inner_model = true, .levels = uniform},
    {.name = "ddim", .label = "DDIM", .need_inner_model = true, .levels = ddim},
}};

Result<void> require_steps(int n, int limit) {
    if (n >= 1 && n <= limit) return {};
    return Error{
        .code = ErrorCode::invalid_argument,
        .message = format("steps must be between 1 and {}: {}", limit, n),
        .field = "steps"};
}

}  // namespace

std::span<const Schedule> schedules() {
    return kSchedules;
}

const Schedule* find_schedule(std::string_view name) {
    for (const Schedule& schedule : kSchedules) {
        const auto& aliases = schedule.aliases;
        if (name == schedule.name || name == schedule.label ||
            std::find(aliases.begin(), aliases.end(), name) != aliases.end()) {
            return &schedule;
        }
    }
    return nullptr;
}

std::string_view resolve_schedule(std::string_view name, std::string_view default_of_sampler) {
    const Schedule* schedule = find_schedule(name);
    if (schedule == nullptr || schedule->name != "automatic") return name;
    return default_of_sampler.empty() ? "uniform" : default_of_sampler;
}

Result<std::vector<float>> make_sigmas(
    std::string_view schedule, int n, const Discretisation& discretisation) {
    DARKROOM_TRY(require_steps(n, kMaxSteps));
    const Schedule* found = find_schedule(schedule);
    if (found == nullptr) {
        return Error{
            .code = ErrorCode::invalid_argument,
            .message = format("unknown scheduler: {}", schedule),
            .field = "scheduler"};
    }
    std::vector<float> sigmas = found->levels(n, discretisation);
    sigmas.push_back(0.0F);
    return sigmas;
}

Result<std::vector<int>> make_timesteps(int n, const Discretisation& discretisation) {
    const int size = static_cast<int>(discretisation.size());
    DARKROOM_TRY(require_steps(n, size));
    const int stride = size / n;
    std::vector<int> timesteps;
    for (int t = 0; t < size; t += stride) {
        timesteps.push_back(std::min(t + 1, size - 1));
    }
    return timesteps;
}

}  // namespace darkroom::engine
