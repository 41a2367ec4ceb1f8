// SPDX-License-Identifier: Apache-2.0
#include "scheduling/fair_queue.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::scheduling {
namespace {

TEST(FairQueue, TasksOfOneTenantFollowEachOther) {
    FairQueue queue;
    EXPECT_EQ(queue.stamp({"a"}, 3.0).finish, 3.0);
    const Tag second = queue.stamp({"a"}, 2.0);
    EXPECT_EQ(second.start, 3.0);
    EXPECT_EQ(second.finish, 5.0);
}

TEST(FairQueue, AFloodDoesNotMoveTheOthersBack) {
    FairQueue queue;
    for (int i = 0; i < 1'000; ++i)
        queue.stamp({"flood"}, 1.0);
    EXPECT_EQ(queue.stamp({"small"}, 1.0).finish, 1.0);
}

TEST(FairQueue, AWeightOfTwoIsTwiceTheShare) {
    FairQueue queue;
    std::vector<std::pair<double, char>> order;
    for (int i = 0; i < 100; ++i) {
        order.emplace_back(queue.stamp({"heavy", 2.0}, 1.0).finish, 'h');
        order.emplace_back(queue.stamp({"light", 1.0}, 1.0).finish, 'l');
    }
    std::ranges::sort(order);
    const auto heavy = std::count_if(
        order.begin(), order.begin() + 90, [](const auto& task) { return task.second == 'h'; });
    EXPECT_NEAR(static_cast<double>(heavy), 60.0, 1.0);
}

TEST(FairQueue, WhoWasAwayBeginsLevelWithTheOthers) {
    FairQueue queue;
    queue.stamp({"away"}, 4.0);
    for (int i = 0; i < 100; ++i)
        queue.stamp({"busy"}, 1.0);
    queue.advance(0, 60.0);
    // No credit for the time away...
    EXPECT_EQ(queue.stamp({"away"}, 4.0).start, 60.0);
    EXPECT_EQ(queue.stamp({"new"}, 4.0).start, 60.0);
    // ...and what is behind is behind for all.
    EXPECT_EQ(queue.stamp({"busy"}, 1.0).start, 100.0);
}

TEST(FairQueue, VirtualTimeNeverGoesBack) {
    FairQueue queue;
    queue.advance(0, 10.0);
    queue.advance(0, 5.0);
    EXPECT_EQ(queue.virtual_time(0), 10.0);
}

TEST(FairQueue, TheDifferenceToThePredictionIsCharged) {
    FairQueue queue;
    queue.stamp({"a"}, 10.0);
    queue.correct({"a"}, 5.0);
    EXPECT_EQ(queue.stamp({"a"}, 1.0).start, 15.0);
    queue.correct({"a"}, -6.0);
    EXPECT_EQ(queue.stamp({"a"}, 1.0).start, 10.0);
}

TEST(FairQueue, ACorrectionGivesNoCredit) {
    FairQueue queue;
    queue.advance(0, 50.0);
    queue.correct({"a"}, -30.0);
    EXPECT_EQ(queue.stamp({"a"}, 1.0).start, 50.0);
}

TEST(FairQueue, PriorityClassesDoNotChargeEachOther) {
    FairQueue queue;
    for (int i = 0; i < 100; ++i)
        queue.stamp({"a", 1.0, 5}, 1.0);
    queue.advance(5, 90.0);
    EXPECT_EQ(queue.virtual_time(0), 0.0);
    EXPECT_EQ(queue.stamp({"a", 1.0, 0}, 1.0).start, 0.0);
    EXPECT_EQ(queue.stamp({"b", 1.0, 5}, 1.0).start, 90.0);
}

TEST(FairQueue, ARestoredQueueGoesOnWhereItStood) {
    FairQueue before;
    before.stamp({"a"}, 10.0);
    before.stamp({"a"}, 10.0);
    before.advance(0, 10.0);
    FairQueue after;
    after.restore({"a"}, {10.0, 20.0});
    after.advance(0, 10.0);
    EXPECT_EQ(after.stamp({"a"}, 1.0).start, before.stamp({"a"}, 1.0).start);
    EXPECT_EQ(after.stamp({"b"}, 1.0).start, before.stamp({"b"}, 1.0).start);
}

TEST(FairQueue, CostsAndWeightsAreAboveZero) {
    FairQueue queue;
    EXPECT_THROW(queue.stamp({"a"}, 0.0), ContractViolation);
    EXPECT_THROW(queue.stamp({"a", 0.0}, 1.0), ContractViolation);
}

}  // namespace
}  // namespace darkroom::scheduling
