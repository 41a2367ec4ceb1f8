// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/discretisation.h"

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/diffusion/golden_file.h"

namespace darkroom::engine {
namespace {

void expect_levels(const json::Value& golden, const std::vector<float>& levels) {
    for (const auto& [timestep, value] : golden.as_object()) {
        const auto t = static_cast<std::size_t>(std::stoi(timestep));
        const double expected = value.as_double();
        EXPECT_NEAR(static_cast<double>(levels.at(t)), expected, 1e-7 * expected)
            << "timestep " << timestep;
    }
}

TEST(Discretisation, ScaledLinearHasTheLevelsOfStableDiffusion) {
    const json::Value golden = read_golden("schedules.json");
    const Discretisation discretisation = Discretisation::scaled_linear();
    EXPECT_EQ(discretisation.size(), 1000U);
    expect_levels(golden["alphas_cumprod"], discretisation.alphas_cumprod());
    expect_levels(golden["sigmas"], discretisation.sigmas());
}

TEST(Discretisation, ZeroTerminalSnrEndsInAlmostPureNoise) {
    const json::Value golden = read_golden("schedules.json");
    expect_levels(golden["ztsnr_sigmas"], Discretisation::zero_terminal_snr().sigmas());
}

TEST(Discretisation, WholeTimestepsGiveTheListedSigmas) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    for (std::size_t t = 0; t < discretisation.size(); ++t) {
        const float sigma = discretisation.sigmas()[t];
        EXPECT_FLOAT_EQ(discretisation.sigma(static_cast<double>(t)), sigma);
        EXPECT_NEAR(discretisation.timestep(sigma), static_cast<double>(t), 1e-9);
    }
}

TEST(Discretisation, LogSigmaIsLinearBetweenTimesteps) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    const double low = std::log(static_cast<double>(discretisation.sigmas()[400]));
    const double high = std::log(static_cast<double>(discretisation.sigmas()[401]));
    EXPECT_NEAR(
        static_cast<double>(discretisation.sigma(400.25)),
        std::exp(0.75 * low + 0.25 * high),
        1e-6);
}

TEST(Discretisation, FractionalTimestepsComeBackFromTheirSigmas) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    for (double t = 0.3; t < 999.0; t += 7.37) {
        EXPECT_NEAR(discretisation.timestep(discretisation.sigma(t)), t, 1e-4);
    }
}

TEST(Discretisation, ValuesOutsideTheRangeAreClamped) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    EXPECT_EQ(discretisation.timestep(0.0F), 0.0);
    EXPECT_EQ(discretisation.timestep(-1.0F), 0.0);
    EXPECT_EQ(discretisation.timestep(1000.0F), 999.0);
    EXPECT_FLOAT_EQ(discretisation.sigma(-5.0), discretisation.sigma_min());
    EXPECT_FLOAT_EQ(discretisation.sigma(2000.0), discretisation.sigma_max());
}

TEST(Discretisation, LevelsThatDoNotFallAreRefused) {
    EXPECT_THROW(Discretisation({0.9F}), ContractViolation);
    EXPECT_THROW(Discretisation({0.9F, 0.9F}), ContractViolation);
    EXPECT_THROW(Discretisation({0.9F, 0.0F}), ContractViolation);
    EXPECT_THROW(Discretisation({1.0F, 0.5F}), ContractViolation);
    EXPECT_THROW(Discretisation({0.9F, std::nanf("")}), ContractViolation);
}

}  // namespace
}  // namespace darkroom::engine
