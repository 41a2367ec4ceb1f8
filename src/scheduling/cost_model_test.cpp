// SPDX-License-Identifier: Apache-2.0
#include "scheduling/cost_model.h"

#include <limits>

#include <gtest/gtest.h>

namespace darkroom::scheduling {
namespace {

constexpr std::int64_t kPixels = 512 * 512;

Work work(const std::string& function, std::int64_t steps) {
    return {function, steps, kPixels, 1, true};
}

/// What a machine that needs 3 s and 0.2 s a step would take.
double seconds_of(std::int64_t steps) {
    return 3.0 + 0.2 * static_cast<double>(steps);
}

CostModel taught(int rounds) {
    CostModel model;
    for (int i = 0; i < rounds; ++i) {
        for (const std::int64_t steps : {10, 20, 40})
            model.observe(work("fox", steps), seconds_of(steps));
    }
    return model;
}

void expect_near_relative(double value, double expected, double tolerance) {
    EXPECT_NEAR(value / expected, 1.0, tolerance) << value << " for " << expected;
}

TEST(CostModel, GuidanceAndImagesMultiplyTheWork) {
    domain::Generation generation;
    generation.model = "fox";
    generation.width = 1000;
    generation.height = 500;
    generation.steps = 10;
    generation.batch_size = 2;
    generation.iterations = 3;
    generation.cfg_scale = 1.0;
    EXPECT_EQ(work_of(generation).function, "fox");
    EXPECT_DOUBLE_EQ(work_of(generation).size(), 30.0);
    generation.cfg_scale = 7.0;
    EXPECT_DOUBLE_EQ(work_of(generation).size(), 60.0);
}

TEST(CostModel, APictureThatStartsFromAnotherTakesTheStepsThatAreLeft) {
    domain::Generation generation;
    generation.steps = 20;
    generation.init.emplace().denoising_strength = 0.5;
    EXPECT_EQ(work_of(generation).steps, 11);
    generation.init->denoising_strength = 1.0;
    EXPECT_EQ(work_of(generation).steps, 20);
}

TEST(CostModel, APredictionIsAboveZeroBeforeAnythingWasSeen) {
    const CostModel model;
    EXPECT_GT(model.predict(work("fox", 20)), 0.0);
    EXPECT_GT(model.predict(work("fox", 40)), model.predict(work("fox", 20)));
    EXPECT_GT(model.predict({"upscale"}), 0.0);
}

TEST(CostModel, TheFixedPartAndTheRateAreLearned) {
    const CostModel model = taught(10);
    for (const std::int64_t steps : {10, 20, 40, 80})
        expect_near_relative(model.predict(work("fox", steps)), seconds_of(steps), 0.1);
}

TEST(CostModel, OneSampleIsEnoughToBeOfTheRightOrder) {
    for (const double seconds : {0.05, 500.0}) {
        CostModel model;
        model.observe(work("fox", 20), seconds);
        expect_near_relative(model.predict(work("fox", 20)), seconds, 0.5);
    }
}

TEST(CostModel, AFunctionThatWasNeverSeenIsAsFastAsTheOthers) {
    const CostModel fresh;
    CostModel model;
    const double factor = 0.01;
    for (const char* name : {"a", "b", "c"}) {
        for (int i = 0; i < 10; ++i)
            model.observe(work(name, 20), fresh.predict(work(name, 20)) * factor);
    }
    expect_near_relative(
        model.predict(work("new", 40)), fresh.predict(work("new", 40)) * factor, 0.1);
}

TEST(CostModel, OneOutlierMovesAPredictionLittle) {
    CostModel model = taught(10);
    model.observe(work("fox", 20), seconds_of(20) * 1'000);
    expect_near_relative(model.predict(work("fox", 20)), seconds_of(20), 0.25);
    model.observe(work("fox", 20), 1e-9);
    expect_near_relative(model.predict(work("fox", 20)), seconds_of(20), 0.25);
}

TEST(CostModel, AnOutlierAtTheBeginningIsForgotten) {
    CostModel model;
    model.observe(work("fox", 20), seconds_of(20) * 100);
    for (int i = 0; i < 20; ++i)
        model.observe(work("fox", 20), seconds_of(20));
    expect_near_relative(model.predict(work("fox", 20)), seconds_of(20), 0.5);
}

TEST(CostModel, AMachineThatBecomesSlowerIsFollowed) {
    CostModel model = taught(10);
    for (int i = 0; i < 60; ++i)
        model.observe(work("fox", 20), seconds_of(20) * 8);
    expect_near_relative(model.predict(work("fox", 20)), seconds_of(20) * 8, 0.25);
}

TEST(CostModel, NoTermOfAPredictionIsNegative) {
    CostModel model;
    // Less time for more work: nothing that a line with two positive terms can say.
    for (int i = 0; i < 20; ++i) {
        model.observe(work("fox", 10), 30.0);
        model.observe(work("fox", 100), 3.0);
    }
    EXPECT_GT(model.predict(work("fox", 1'000)), 0.0);
    EXPECT_GE(model.predict(work("fox", 1'000)), model.predict(work("fox", 1)));
}

TEST(CostModel, SecondsThatCannotBeAreIgnored) {
    CostModel model = taught(2);
    const CostModel::State before = model.state();
    for (const double seconds : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
        model.observe(work("fox", 20), seconds);
    EXPECT_EQ(model.state(), before);
}

TEST(CostModel, LoadsDependOnTheTier) {
    CostModel model;
    EXPECT_EQ(model.predict_load("fox", Tier::resident), 0.0);
    EXPECT_EQ(model.predict_load("", Tier::cold), 0.0);
    EXPECT_LT(model.predict_load("fox", Tier::cached), model.predict_load("fox", Tier::cold));
    for (int i = 0; i < 5; ++i) {
        model.observe_load("fox", Tier::cached, 2.8);
        model.observe_load("fox", Tier::cold, 34.7);
    }
    expect_near_relative(model.predict_load("fox", Tier::cached), 2.8, 0.1);
    expect_near_relative(model.predict_load("fox", Tier::cold), 34.7, 0.1);
    expect_near_relative(model.predict_load("new", Tier::cold), 34.7, 0.1);
}

TEST(CostModel, AStateThatIsTakenUpPredictsTheSame) {
    CostModel model = taught(3);
    model.observe_load("fox", Tier::cold, 20.0);
    const CostModel again(model.state());
    EXPECT_EQ(again.predict(work("fox", 33)), model.predict(work("fox", 33)));
    EXPECT_EQ(again.predict(work("new", 33)), model.predict(work("new", 33)));
    EXPECT_EQ(again.predict_load("fox", Tier::cold), model.predict_load("fox", Tier::cold));
}

TEST(CostModel, EntriesThatCannotBeAreLeftOutOfAState) {
    CostModel::State state = taught(3).state();
    state.functions["broken"].weight = std::numeric_limits<double>::infinity();
    state.functions["negative"].samples = -4.0;
    const CostModel model(state);
    EXPECT_EQ(model.state(), taught(3).state());
}

}  // namespace
}  // namespace darkroom::scheduling
