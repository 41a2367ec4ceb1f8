// SPDX-License-Identifier: Apache-2.0
#include "control/device_shares.h"

#include <gtest/gtest.h>

namespace darkroom::control {
namespace {

TEST(DeviceShares, ATaskAloneHasAllTheTime) {
    DeviceShares shares;
    shares.begin("a", 1'000);
    EXPECT_DOUBLE_EQ(shares.end("a", 5'000), 4.0);
}

TEST(DeviceShares, TasksThatAreHeldTogetherShare) {
    DeviceShares shares;
    shares.begin("a", 0);
    shares.begin("b", 4'000);
    EXPECT_DOUBLE_EQ(shares.end("a", 10'000), 7.0);
    EXPECT_DOUBLE_EQ(shares.end("b", 12'000), 5.0);
}

TEST(DeviceShares, TimeBetweenTasksIsNobodys) {
    DeviceShares shares;
    shares.begin("a", 0);
    shares.end("a", 1'000);
    shares.begin("b", 50'000);
    EXPECT_DOUBLE_EQ(shares.end("b", 51'000), 1.0);
}

TEST(DeviceShares, ALoadIsNobodysEvenIfATaskCameDuringIt) {
    DeviceShares shares;
    shares.begin("a", 0);
    shares.begin("b", 6'000);
    shares.deduct(10.0);
    EXPECT_DOUBLE_EQ(shares.end("a", 14'000), 5.0);
    EXPECT_DOUBLE_EQ(shares.end("b", 14'000), 0.0);
}

TEST(DeviceShares, WhatIsNotHeldHadNothing) {
    DeviceShares shares;
    EXPECT_EQ(shares.end("a", 1'000), 0.0);
}

}  // namespace
}  // namespace darkroom::control
