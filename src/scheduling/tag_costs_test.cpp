// SPDX-License-Identifier: Apache-2.0
#include "scheduling/tag_costs.h"

#include <gtest/gtest.h>

namespace darkroom::scheduling {
namespace {

const Work kFox{"fox", 20, 512 * 512, 1, true};
const Work kOwl{"owl", 20, 512 * 512, 1, true};

TEST(TagCosts, AreThePredictionsWhileNobodyWaits) {
    TagCosts tags;
    CostModel costs;
    tags.observe(costs, kFox, 700.0);
    EXPECT_DOUBLE_EQ(tags.join(kFox, costs), costs.predict(kFox));
}

TEST(TagCosts, StayWhatTheyWereForAFunctionThatWaits) {
    TagCosts tags;
    CostModel costs;
    const double before = tags.join(kFox, costs);
    tags.join(kOwl, costs);
    for (int i = 0; i < 10; ++i)
        tags.observe(costs, kFox, before * 50.0);
    EXPECT_GT(costs.predict(kFox), before * 20.0);
    EXPECT_NEAR(tags.join(kFox, costs) / before, 1.0, 0.05);
    // What was learned of one moves the prior of the others.
    EXPECT_NEAR(tags.join(kOwl, costs) / before, 1.0, 0.05);
}

TEST(TagCosts, FollowWhenTheFunctionWaitsNoMore) {
    TagCosts tags;
    CostModel costs;
    tags.join(kFox, costs);
    tags.observe(costs, kFox, 5'000.0);
    tags.leave("fox");
    EXPECT_DOUBLE_EQ(tags.join(kFox, costs), costs.predict(kFox));
}

TEST(TagCosts, FollowSlowlyWhenTheQueueIsNeverEmpty) {
    TagCosts tags;
    CostModel costs;
    tags.join(kFox, costs);
    tags.observe(costs, kFox, 5'000.0);
    for (int i = 0; i < 500; ++i) {
        tags.join(kFox, costs);
        tags.leave("fox");
    }
    EXPECT_NEAR(tags.join(kFox, costs) / costs.predict(kFox), 1.0, 0.05);
}

TEST(TagCosts, WhoIsUnknownLeavesNothing) {
    TagCosts tags;
    const CostModel costs;
    tags.leave("fox");
    EXPECT_DOUBLE_EQ(tags.join(kFox, costs), costs.predict(kFox));
}

}  // namespace
}  // namespace darkroom::scheduling
