// SPDX-License-Identifier: Apache-2.0
#include "control/reaper_rounds.h"

#include <gtest/gtest.h>

#include "storage/memory/in_memory_task_store.h"

namespace darkroom::control {
namespace {

using storage::TaskStore;

constexpr std::int64_t kPeriodMs = 5'000;
constexpr std::int64_t kLeaseMs = storage::kDefaultLeaseMs;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr const char* kAgent = "agent";

class ReaperRoundsTest : public testing::Test {
  protected:
    bool round_after(std::int64_t gap_ms) {
        clock_.now_ms += gap_ms;
        return rounds_.may_judge();
    }

    /// What the reaper does in a round; the number of leases it ended.
    std::size_t reap_after(std::int64_t gap_ms) {
        if (!round_after(gap_ms)) return 0;
        return storage::wait(store_, &TaskStore::expire_leases).value().requeued.size();
    }

    domain::Task claimed() {
        domain::NewTask task;
        task.tenant = "local";
        task.kind = "txt2img";
        task.model = "icons";
        task.request = "{}";
        storage::wait(store_, &TaskStore::submit, task).value();
        return storage::wait(store_, &TaskStore::claim, {.agent = kAgent}).value().front();
    }

    FakeClock clock_;
    storage::InMemoryTaskStore store_{clock_};
    ReaperRounds rounds_{clock_, {kPeriodMs, kLeaseMs}};
};

TEST_F(ReaperRoundsTest, JudgeWhenTheyComeInTime) {
    EXPECT_TRUE(round_after(kPeriodMs));
    EXPECT_TRUE(round_after(kPeriodMs + 100));
    EXPECT_TRUE(round_after(2 * kPeriodMs));
}

TEST_F(ReaperRoundsTest, WaitForAWholeLeaseAfterAGap) {
    EXPECT_FALSE(round_after(kHourMs));
    for (std::int64_t waited = kPeriodMs; waited < kLeaseMs; waited += kPeriodMs)
        EXPECT_FALSE(round_after(kPeriodMs)) << waited;
    EXPECT_TRUE(round_after(kPeriodMs));
}

TEST_F(ReaperRoundsTest, WaitAgainAfterEachGap) {
    EXPECT_FALSE(round_after(kHourMs));
    EXPECT_FALSE(round_after(kHourMs));
    EXPECT_FALSE(round_after(kLeaseMs / 2));
}

TEST_F(ReaperRoundsTest, ALeaseThatIsRenewedAfterASuspendedHourIsKept) {
    const domain::Task task = claimed();
    EXPECT_EQ(reap_after(kHourMs), 0u);
    clock_.now_ms += kPeriodMs;
    const auto renewed = storage::wait(
        store_, &TaskStore::heartbeat, {.agent = kAgent, .tasks = {{task.id, task.attempt}}});
    EXPECT_EQ(renewed.value().front().status, domain::LeaseStatus::held);
    for (int round = 0; round < 5; ++round)
        EXPECT_EQ(reap_after(kPeriodMs), 0u);
}

TEST_F(ReaperRoundsTest, ALeaseThatNobodyRenewsEnds) {
    claimed();
    std::size_t ended = 0;
    for (int round = 0; round < 7; ++round)
        ended += reap_after(kPeriodMs);
    EXPECT_EQ(ended, 1u);
}

TEST_F(ReaperRoundsTest, ALeaseThatNobodyRenewsAfterAGapEnds) {
    claimed();
    std::size_t ended = reap_after(kHourMs);
    for (int round = 0; round < 7; ++round)
        ended += reap_after(kPeriodMs);
    EXPECT_EQ(ended, 1u);
}

}  // namespace
}  // namespace darkroom::control
