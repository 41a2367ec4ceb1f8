// SPDX-License-Identifier: Apache-2.0
#include "scheduling/admission.h"

#include <gtest/gtest.h>

namespace darkroom::scheduling {
namespace {

constexpr AdmissionLimits kLimits{
    .tasks_per_tenant = 3, .tasks = 10, .seconds_per_tenant = 60.0, .seconds = 100.0};

bool admits(QueueLoad tenant, QueueLoad all, double cost_s = 10.0) {
    const Result<void> admitted = admit(kLimits, {tenant, all}, cost_s);
    if (admitted) return true;
    EXPECT_EQ(admitted.error().code, ErrorCode::resource_exhausted);
    return false;
}

TEST(Admission, ATenantMayQueueSoManyTasks) {
    EXPECT_TRUE(admits({2, 5.0}, {2, 5.0}));
    EXPECT_FALSE(admits({3, 5.0}, {3, 5.0}));
}

TEST(Admission, AllMayQueueSoManyTasks) {
    EXPECT_TRUE(admits({0, 0.0}, {9, 5.0}));
    EXPECT_FALSE(admits({0, 0.0}, {10, 5.0}));
}

TEST(Admission, ATenantMayQueueSoMuchWork) {
    EXPECT_TRUE(admits({1, 50.0}, {1, 50.0}));
    EXPECT_FALSE(admits({1, 51.0}, {1, 51.0}));
}

TEST(Admission, AllMayQueueSoMuchWork) {
    EXPECT_TRUE(admits({0, 0.0}, {5, 90.0}));
    EXPECT_FALSE(admits({0, 0.0}, {5, 91.0}));
}

TEST(Admission, ATaskThatIsTooMuchWorkByItselfIsAdmittedToAnEmptyQueue) {
    EXPECT_TRUE(admits({0, 0.0}, {0, 0.0}, 1'000.0));
}

TEST(Admission, ZeroIsNoLimit) {
    const AdmissionLimits none{0, 0, 0.0, 0.0};
    EXPECT_TRUE(admit(none, {{1'000'000, 1e9}, {1'000'000, 1e9}}, 1e9));
}

TEST(Admission, TheRefusalSaysWhichLimit) {
    EXPECT_EQ(
        admit(kLimits, {{3, 0.0}, {3, 0.0}}, 1.0).error().message,
        "too many of your tasks wait; the limit is: 3");
}

TEST(Admission, WhoIsRefusedComesBackWhenTheAgentsHaveCaughtUp) {
    EXPECT_EQ(retry_after_s(100.0, 4), 25);
    EXPECT_EQ(retry_after_s(100.5, 1), 101);
    EXPECT_EQ(retry_after_s(0.0, 0), 1);
    EXPECT_EQ(retry_after_s(1e9, 1), 3600);
}

}  // namespace
}  // namespace darkroom::scheduling
