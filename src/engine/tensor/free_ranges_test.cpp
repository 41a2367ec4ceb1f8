// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/free_ranges.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::engine {
namespace {

TEST(FreeRanges, TheLowestGapThatFitsIsTakenFirst) {
    FreeRanges ranges;
    EXPECT_EQ(ranges.take(10), 0u);
    EXPECT_EQ(ranges.take(20), 10u);
    EXPECT_EQ(ranges.take(5), 30u);
    ranges.give_back(0, 10);
    EXPECT_EQ(ranges.take(12), 35u);
    EXPECT_EQ(ranges.take(4), 0u);
    EXPECT_EQ(ranges.take(6), 4u);
    EXPECT_TRUE(ranges.gaps().empty());
    EXPECT_EQ(ranges.end(), 47u);
}

TEST(FreeRanges, NeighbouringGapsBecomeOne) {
    FreeRanges ranges;
    for (int i = 0; i < 4; ++i)
        ranges.take(10);
    ranges.give_back(0, 10);
    ranges.give_back(20, 10);
    EXPECT_EQ(ranges.gaps().size(), 2u);
    ranges.give_back(10, 10);
    ASSERT_EQ(ranges.gaps().size(), 1u);
    EXPECT_EQ(ranges.take(30), 0u);
}

TEST(FreeRanges, AGapAtTheEndShortensTheLine) {
    FreeRanges ranges;
    ranges.take(10);
    ranges.take(10);
    ranges.take(10);
    ranges.give_back(10, 10);
    ranges.give_back(20, 10);
    EXPECT_EQ(ranges.end(), 10u);
    EXPECT_TRUE(ranges.gaps().empty());
    ranges.give_back(0, 10);
    EXPECT_EQ(ranges.end(), 0u);
}

TEST(FreeRanges, WhatIsNotInUseCannotBeGivenBack) {
    FreeRanges ranges;
    ranges.take(10);
    ranges.take(10);
    EXPECT_THROW(ranges.give_back(10, 20), ContractViolation);
    ranges.give_back(0, 10);
    EXPECT_THROW(ranges.give_back(0, 10), ContractViolation);
    EXPECT_THROW(ranges.give_back(5, 10), ContractViolation);
}

TEST(FreeRanges, RandomUseNeverOverlapsAndEndsEmpty) {
    std::mt19937 random(7);
    FreeRanges ranges;
    std::map<std::size_t, std::size_t> used;
    for (int i = 0; i < 20000; ++i) {
        if (used.empty() || random() % 2 == 0) {
            const std::size_t size = 1 + random() % 100;
            const std::size_t begin = ranges.take(size);
            const auto next = used.lower_bound(begin);
            ASSERT_TRUE(next == used.end() || begin + size <= next->first);
            ASSERT_TRUE(
                next == used.begin() || std::prev(next)->first + std::prev(next)->second <= begin);
            used.emplace(begin, size);
        } else {
            const auto any = std::next(used.begin(), static_cast<long>(random() % used.size()));
            ranges.give_back(any->first, any->second);
            used.erase(any);
        }
        ASSERT_EQ(ranges.end(), used.empty() ? 0 : used.rbegin()->first + used.rbegin()->second);
    }
    for (const auto& [begin, size] : used)
        ranges.give_back(begin, size);
    EXPECT_EQ(ranges.end(), 0u);
}

}  // namespace
}  // namespace darkroom::engine
