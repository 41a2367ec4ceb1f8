// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/schedules.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/diffusion/golden_file.h"

namespace darkroom::engine {
namespace {

std::vector<std::string_view> names() {
    std::vector<std::string_view> result;
    for (const Schedule& schedule : schedules()) {
        result.push_back(schedule.name);
    }
    return result;
}

void expect_sigmas(const std::vector<float>& sigmas, const std::vector<double>& expected) {
    ASSERT_EQ(sigmas.size(), expected.size());
    for (std::size_t i = 0; i < sigmas.size(); ++i) {
        // The golden lists keep seven digits.
        EXPECT_NEAR(static_cast<double>(sigmas[i]), expected[i], 1.5e-6 * expected[i])
            << "index " << i;
    }
}

TEST(Schedules, ListInTheOrderOfA1111) {
    EXPECT_EQ(
        names(),
        (std::vector<std::string_view>{
            "automatic",
            "uniform",
            "karras",
            "exponential",
            "sgm_uniform",
            "simple",
            "normal",
            "ddim"}));
}

TEST(Schedules, EqualTheGoldenLists) {
    const json::Value golden = read_golden("schedules.json");
    const Discretisation discretisation = Discretisation::scaled_linear();
    for (const auto& [steps, lists] : golden["steps"].as_object()) {
        for (const Schedule& schedule : schedules()) {
            SCOPED_TRACE(steps + " steps, " + std::string(schedule.label));
            const std::string label =
                schedule.name == "automatic" ? "Uniform" : std::string(schedule.label);
            const auto sigmas = make_sigmas(schedule.name, std::stoi(steps), discretisation);
            ASSERT_TRUE(sigmas.has_value());
            expect_sigmas(*sigmas, numbers(lists[label]));
        }
    }
}

TEST(Schedules, OneStepStartsAtTheHighestSigmaAndEndsAtZero) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    for (const std::string_view name : names()) {
        const auto sigmas = make_sigmas(name, 1, discretisation);
        ASSERT_TRUE(sigmas.has_value()) << name;
        ASSERT_EQ(sigmas->size(), 2U) << name;
        // "ddim" lists every 1000th sigma from index 1.
        const float first =
            name == "ddim" ? discretisation.sigmas()[1] : discretisation.sigma_max();
        EXPECT_FLOAT_EQ(sigmas->front(), first) << name;
        EXPECT_EQ(sigmas->back(), 0.0F) << name;
    }
}

TEST(Schedules, NeverRiseHoweverManySteps) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    for (const std::string_view name : names()) {
        for (const int steps : {2, 3, 150, 999, 1000, 1001, 5000}) {
            const auto sigmas = make_sigmas(name, steps, discretisation);
            ASSERT_TRUE(sigmas.has_value());
            for (std::size_t i = 0; i + 1 < sigmas->size(); ++i) {
                ASSERT_GE((*sigmas)[i], (*sigmas)[i + 1]) << name << " " << steps << " " << i;
            }
        }
    }
}

TEST(Schedules, AreFoundByNameLabelAndAlias) {
    for (const char* name : {"sgm_uniform", "SGM Uniform", "SGMUniform"}) {
        ASSERT_NE(find_schedule(name), nullptr) << name;
        EXPECT_EQ(find_schedule(name)->name, "sgm_uniform");
    }
    EXPECT_EQ(find_schedule("KARRAS"), nullptr);
    EXPECT_EQ(find_schedule(""), nullptr);
}

TEST(Schedules, AutomaticIsTheSamplersOwn) {
    EXPECT_EQ(resolve_schedule("automatic", "karras"), "karras");
    EXPECT_EQ(resolve_schedule("Automatic", "karras"), "karras");
    EXPECT_EQ(resolve_schedule("automatic", ""), "uniform");
    EXPECT_EQ(resolve_schedule("simple", "karras"), "simple");
}

TEST(Schedules, UnknownNamesAndStepCountsAreRefused) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    const auto unknown = make_sigmas("kerras", 20, discretisation);
    ASSERT_FALSE(unknown.has_value());
    EXPECT_EQ(unknown.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(unknown.error().field, "scheduler");
    for (const int steps : {0, -1, kMaxSteps + 1}) {
        const auto refused = make_sigmas("karras", steps, discretisation);
        ASSERT_FALSE(refused.has_value()) << steps;
        EXPECT_EQ(refused.error().field, "steps");
    }
}

TEST(Timesteps, EqualTheGoldenLists) {
    const json::Value golden = read_golden("schedules.json");
    const Discretisation discretisation = Discretisation::scaled_linear();
    for (const auto& [steps, lists] : golden["steps"].as_object()) {
        const auto timesteps = make_timesteps(std::stoi(steps), discretisation);
        ASSERT_TRUE(timesteps.has_value());
        const std::vector<double> expected = numbers(lists["DDIM timesteps"]);
        EXPECT_EQ(std::vector<double>(timesteps->begin(), timesteps->end()), expected);
    }
}

TEST(Timesteps, AreClippedToTheLast) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    EXPECT_EQ(*make_timesteps(1, discretisation), std::vector<int>{1});
    EXPECT_EQ(*make_timesteps(3, discretisation), (std::vector<int>{1, 334, 667, 999}));
    EXPECT_EQ(make_timesteps(1000, discretisation)->back(), 999);
    EXPECT_FALSE(make_timesteps(1001, discretisation).has_value());
    EXPECT_FALSE(make_timesteps(0, discretisation).has_value());
}

}  // namespace
}  // namespace darkroom::engine
