// SPDX-License-Identifier: Apache-2.0
#include "runtime/deadline.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace darkroom::runtime {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Deadline, NeverDoesNotPass) {
    EXPECT_TRUE(Deadline::never().is_never());
    EXPECT_FALSE(Deadline::never().has_passed());
    EXPECT_EQ(Deadline::never().remaining(), milliseconds::max());
}

TEST(Deadline, AHugeDurationIsNever) {
    EXPECT_TRUE(Deadline::after(milliseconds::max()).is_never());
}

TEST(Deadline, APastOneHasPassedWithNothingLeft) {
    const Deadline past = Deadline::at(Deadline::Clock::now() - hours(1));
    EXPECT_TRUE(past.has_passed());
    EXPECT_EQ(past.remaining(), milliseconds::zero());
}

TEST(Deadline, TheEarlierComparesLess) {
    const Deadline soon = Deadline::after(hours(1));
    const Deadline later = Deadline::after(hours(2));
    EXPECT_EQ(std::min(soon, later), soon);
    EXPECT_LT(later, Deadline::never());
    EXPECT_GT(soon.remaining(), milliseconds(hours(1)) - milliseconds(1000));
}

}  // namespace
}  // namespace darkroom::runtime
