// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/discretisation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace darkroom::engine {

namespace {

constexpr int kTimesteps = 1000;
// linear_start and linear_end of LDM's v1-inference configuration.
constexpr double kFirstBeta = 0.00085;
constexpr double kLastBeta = 0.012;
// A1111 puts this instead of 0, so that sigma stays finite.
constexpr float kTerminalAlpha = 4.8973451890853435e-08F;

std::vector<float> scaled_linear_alphas() {
    const double first = std::sqrt(kFirstBeta);
    const double last = std::sqrt(kLastBeta);
    std::vector<float> alphas;
    double product = 1.0;
    for (int t = 0; t < kTimesteps; ++t) {
        const double root = first + (last - first) * t / (kTimesteps - 1);
        product *= 1.0 - root * root;
        alphas.push_back(static_cast<float>(product));
    }
    return alphas;
}

}  // namespace

Discretisation Discretisation::scaled_linear() {
    return Discretisation(scaled_linear_alphas());
}

Discretisation Discretisation::zero_terminal_snr() {
    std::vector<float> alphas = scaled_linear_alphas();
    const float first = std::sqrt(alphas.front());
    const float last = std::sqrt(alphas.back());
    const float stretch = first / (first - last);
    for (float& alpha : alphas) {
        const float root = (std::sqrt(alpha) - last) * stretch;
        alpha = root * root;
    }
    alphas.back() = kTerminalAlpha;
    return Discretisation(std::move(alphas));
}

Discretisation::Discretisation(std::vector<float> alphas_cumprod)
    : alphas_cumprod_(std::move(alphas_cumprod)) {
    DARKROOM_CHECK(alphas_cumprod_.size() >= 2, "{} noise levels", alphas_cumprod_.size());
    float previous = 1.0F;
    for (const float alpha : alphas_cumprod_) {
        DARKROOM_CHECK(alpha > 0.0F && alpha < previous, "alpha_bar {} after {}", alpha, previous);
        previous = alpha;
        const float sigma = std::sqrt((1.0F - alpha) / alpha);
        sigmas_.push_back(sigma);
        log_sigmas_.push_back(std::log(static_cast<double>(sigma)));
    }
}

float Discretisation::sigma(double timestep) const {
    const double last = static_cast<double>(size() - 1);
    const double t = std::clamp(timestep, 0.0, last);
    const auto low = std::min(static_cast<std::size_t>(t), size() - 2);
    const double weight = t - static_cast<double>(low);
    return static_cast<float>(
        std::exp((1.0 - weight) * log_sigmas_[low] + weight * log_sigmas_[low + 1]));
}

double Discretisation::timestep(float sigma) const {
    if (!(sigma > sigma_min())) return 0.0;
    const auto above = std::upper_bound(sigmas_.begin(), sigmas_.end(), sigma);
    if (above == sigmas_.end()) return static_cast<double>(size() - 1);
    const auto low = static_cast<std::size_t>(above - sigmas_.begin()) - 1;
    const double weight = (std::log(static_cast<double>(sigma)) - log_sigmas_[low]) /
                          (log_sigmas_[low + 1] - log_sigmas_[low]);
    return static_cast<double>(low) + weight;
}

}  // namespace darkroom::engine
