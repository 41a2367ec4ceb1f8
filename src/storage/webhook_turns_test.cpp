// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "storage/webhook_store.h"

namespace darkroom::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Tenants = std::vector<std::string>;

TEST(WebhookTurns, ATenantThatIsAloneGetsHalf) {
    EXPECT_EQ(take_turns(Tenants(20, "flood"), {.limit = 8}).size(), 4U);
    EXPECT_EQ(take_turns(Tenants(20, "flood"), {.limit = 1}).size(), 1U);
    EXPECT_THAT(take_turns(Tenants(20, "flood"), {.limit = 0}), IsEmpty());
    EXPECT_THAT(take_turns({}, {.limit = 8}), IsEmpty());
}

TEST(WebhookTurns, TheOldestOfWhoHasFewestOnTheirWayIsNext) {
    const Tenants tenants = {"a", "a", "b", "a", "c"};
    EXPECT_THAT(take_turns(tenants, {.limit = 8}), ElementsAre(0, 2, 4, 1, 3));
    EXPECT_THAT(
        take_turns(tenants, {.limit = 5, .under_way = {{"a", 2}, {"b", 1}}}), ElementsAre(4, 2, 0));
}

TEST(WebhookTurns, WhoHasNoneOnTheirWayGetsAPlaceWhileOneIsLeft) {
    const DeliveryClaim claim{.limit = 1, .under_way = {{"flood", 4}, {"other", 3}}};
    EXPECT_THAT(take_turns({"flood", "other", "quiet"}, claim), ElementsAre(2));
    EXPECT_THAT(take_turns({"flood", "other"}, claim), IsEmpty());
}

/// Messages that never end, of a few tenants with many and of one that comes last with one.
TEST(WebhookTurns, HangingReceiversNeverTakeAllPlaces) {
    constexpr std::int32_t kPlaces = 8;
    for (std::uint32_t seed = 0; seed < 500; ++seed) {
        std::mt19937 random(seed);
        const int floods = 1 + static_cast<int>(random() % 3);
        DeliveryClaim claim;
        std::int32_t taken = 0;
        for (int round = 0; round < 20; ++round) {
            Tenants tenants;
            for (std::uint32_t i = random() % 20; i > 0; --i)
                tenants.push_back(format("flood-{}", random() % static_cast<unsigned>(floods)));
            claim.limit = kPlaces - taken;
            const std::vector<std::size_t> turns = take_turns(tenants, claim);
            ASSERT_LE(turns.size(), static_cast<std::size_t>(claim.limit));
            for (const std::size_t place : turns)
                ++claim.under_way[tenants.at(place)];
            taken += static_cast<std::int32_t>(turns.size());
            for (const auto& [tenant, count] : claim.under_way)
                ASSERT_LE(count, kPlaces / 2) << tenant << " with seed " << seed;
        }
        claim.limit = kPlaces - taken;
        const auto quiet = take_turns({"flood-0", "flood-1", "quiet"}, claim);
        EXPECT_EQ(std::ranges::count(quiet, std::size_t{2}), 1) << "seed " << seed;
    }
}

}  // namespace
}  // namespace darkroom::storage
