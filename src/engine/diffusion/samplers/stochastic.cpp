// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/stochastic.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace darkroom::engine {

namespace {

double square(float value) {
    return static_cast<double>(value) * static_cast<double>(value);
}

/// sqrt(high^2 - low^2), 0 when rounding makes it negative.
double difference_of_squares_root(double high_squared, double low_squared) {
    return std::sqrt(std::max(high_squared - low_squared, 0.0));
}

}  // namespace

float churned_sigma(const Step& step, const SamplerOptions& options) {
    if (step.sigma < options.s_tmin || step.sigma > options.s_tmax) return step.sigma;
    const double share = static_cast<double>(options.s_churn) / step.count;
    const double gamma = std::clamp(share, 0.0, std::numbers::sqrt2 - 1.0);
    return static_cast<float>(static_cast<double>(step.sigma) * (1.0 + gamma));
}

float churn_noise(float sigma, float churned, const SamplerOptions& options) {
    const double lift = difference_of_squares_root(square(churned), square(sigma));
    return static_cast<float>(static_cast<double>(options.s_noise) * lift);
}

AncestralSplit ancestral_split(const Step& step, float eta) {
    const double from = square(step.sigma);
    const double to = square(step.next_sigma);
    const double full = std::sqrt(to * (from - to) / from);
    const double up =
        std::min(static_cast<double>(step.next_sigma), static_cast<double>(eta) * full);
    return {
        .down = static_cast<float>(difference_of_squares_root(to, up * up)),
        .up = static_cast<float>(up)};
}

}  // namespace darkroom::engine
