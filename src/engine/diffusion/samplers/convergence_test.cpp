// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/diffusion/samplers/registry.h"
#include "engine/diffusion/schedules.h"
#include "engine/ops/arithmetic.h"
#include "engine/reference/backend.h"

// For pictures of unit variance the perfect network is D(x, sigma) = x / (1 + sigma^2), and the
// probability flow is x(sigma) = x(sigma_0) sqrt((1 + sigma^2) / (1 + sigma_0^2)).

namespace darkroom::engine {
namespace {

constexpr double kFirst = 5.0;
constexpr double kLast = 0.2;

/// Always zero.
class SilentNoise final : public NoiseSource {
  public:
    explicit SilentNoise(Backend& backend) : backend_(backend) {}

    Tensor next() override {
        const std::vector<float> zeros(4, 0.0F);
        return backend_.upload(std::span<const float>(zeros), {1, 4, 1, 1});
    }

  private:
    Backend& backend_;
};

/// Relative error at kLast after n steps that are even in log sigma.
double error_after(Backend& backend, std::string_view name, int n) {
    std::vector<float> sigmas;
    for (int i = 0; i <= n; ++i) {
        sigmas.push_back(
            static_cast<float>(kFirst * std::pow(kLast / kFirst, static_cast<double>(i) / n)));
    }
    const std::vector<float> ones(4, 1.0F);
    SilentNoise noise(backend);
    SamplerInputs in = {
        .start = backend.upload(std::span<const float>(ones), {1, 4, 1, 1}),
        .steps = make_steps(sigmas),
        .noise = &noise,
        .options = {.eta = 0.0F}};
    Sampler sampler = find_sampler(name)->start(std::move(in));
    while (!sampler.done()) {
        const NetworkCall& call = sampler.pending();
        sampler.resume(call.x() / (1.0F + call.level() * call.level()));
    }
    const double exact = std::sqrt((1.0 + kLast * kLast) / (1.0 + kFirst * kFirst));
    return std::abs(static_cast<double>(backend.download(sampler.result()).front()) - exact) /
           exact;
}

/// log2 of how much twice the steps improve the result.
double order_of(std::string_view name) {
    const auto backend = make_reference_backend();
    return std::log2(error_after(*backend, name, 16) / error_after(*backend, name, 32));
}

TEST(Convergence, EulerIsOfFirstOrder) {
    EXPECT_NEAR(order_of("Euler"), 1.0, 0.2);
}

TEST(Convergence, EulerAncestralWithoutNoiseIsEuler) {
    const auto backend = make_reference_backend();
    EXPECT_NEAR(error_after(*backend, "Euler a", 16), error_after(*backend, "Euler", 16), 1e-5);
}

TEST(Convergence, HeunIsOfSecondOrder) {
    EXPECT_NEAR(order_of("Heun"), 2.0, 0.3);
}

TEST(Convergence, Dpmpp2mIsOfSecondOrder) {
    EXPECT_GT(order_of("DPM++ 2M"), 1.8);
}

TEST(Convergence, LmsBeatsSecondOrder) {
    EXPECT_GT(order_of("LMS"), 2.5);
}

TEST(Convergence, DdimTendsToTheExactFlow) {
    const auto backend = make_reference_backend();
    const Discretisation discretisation = Discretisation::scaled_linear();
    std::vector<double> errors;
    for (const int n : {20, 40}) {
        SilentNoise noise(*backend);
        const std::vector<float> ones(4, 1.0F);
        SamplerInputs in = {
            .start = backend->upload(std::span<const float>(ones), {1, 4, 1, 1}),
            .timesteps = make_timestep_steps(*make_timesteps(n, discretisation), discretisation),
            .noise = &noise};
        Sampler sampler = find_sampler("DDIM")->start(std::move(in));
        while (!sampler.done()) {
            const NetworkCall& call = sampler.pending();
            const auto t = static_cast<std::size_t>(call.level());
            // Unit variance at every timestep: the noise in x is sqrt(1 - alpha_bar) x, and x
            // stays.
            sampler.resume(call.x() * std::sqrt(1.0F - discretisation.alphas_cumprod()[t]));
        }
        errors.push_back(
            std::abs(static_cast<double>(backend->download(sampler.result()).front()) - 1.0));
    }
    EXPECT_LT(errors[0], 0.1);
    EXPECT_NEAR(errors[0] / errors[1], 2.0, 0.4);
}

}  // namespace
}  // namespace darkroom::engine
