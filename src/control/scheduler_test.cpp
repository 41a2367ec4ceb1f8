// SPDX-License-Identifier: Apache-2.0
#include "control/scheduler.h"

#include <gtest/gtest.h>

namespace darkroom::control {
namespace {

class SchedulerTest : public testing::Test {
  protected:
    static domain::NewTask task_of(std::string tenant, std::string model = "fox") {
        domain::NewTask task;
        task.tenant = std::move(tenant);
        task.kind = "txt2img";
        task.model = std::move(model);
        return task;
    }

    static Demand demand_of(const domain::NewTask& task) {
        Demand demand;
        demand.work.function = task.model;
        demand.share.tenant = task.tenant;
        return demand;
    }

    Result<Admitted> admit(const domain::NewTask& task) {
        return scheduler_.admit(task, demand_of(task));
    }

    domain::TaskId admitted(std::string tenant, std::string model = "fox") {
        const domain::NewTask task = task_of(std::move(tenant), std::move(model));
        EXPECT_TRUE(admit(task));
        return task.id;
    }

    std::int64_t position(const domain::TaskId& id) {
        return scheduler_.place(id).value().position;
    }

    /// Ten tasks taught it that they take so long.
    void teach(double seconds) {
        for (int i = 0; i < 10; ++i) {
            const domain::TaskId id = admitted("teacher");
            scheduler_.taken(id);
            scheduler_.drawn(id, seconds);
            scheduler_.ended(id);
        }
    }

    FakeClock clock_;
    SchedulerOptions options_{.limits = {.tasks_per_tenant = 3, .tasks = 5}};
    Scheduler scheduler_{clock_, options_};
};

TEST_F(SchedulerTest, TheRowOfAnAdmittedTaskOrdersTenantsFairly) {
    const Admitted first = admit(task_of("a")).value();
    const Admitted second = admit(task_of("a")).value();
    const Admitted other = admit(task_of("b")).value();
    EXPECT_GT(first.cost_s, 0.0);
    EXPECT_GT(second.vft, first.vft);
    EXPECT_LT(other.vft, second.vft);
}

TEST_F(SchedulerTest, PlacesFollowTheOrderOfClaims) {
    const domain::TaskId first = admitted("a");
    const domain::TaskId second = admitted("a");
    const domain::TaskId other = admitted("b");
    EXPECT_EQ(position(first), 0);
    EXPECT_EQ(position(other), 1);
    EXPECT_EQ(position(second), 2);
    scheduler_.taken(first);
    EXPECT_FALSE(scheduler_.place(first));
    EXPECT_EQ(position(second), 1);
    scheduler_.put_back(first);
    EXPECT_EQ(position(first), 0);
    scheduler_.ended(first);
    scheduler_.ended(other);
    EXPECT_EQ(position(second), 0);
}

TEST_F(SchedulerTest, ATenantMayFillItsOwnQueueOnly) {
    for (int i = 0; i < 3; ++i)
        admitted("a");
    EXPECT_EQ(admit(task_of("a")).error().code, ErrorCode::resource_exhausted);
    admitted("b");
    const domain::TaskId last = admitted("b");
    EXPECT_EQ(admit(task_of("c")).error().code, ErrorCode::resource_exhausted);
    scheduler_.taken(last);
    admitted("c");
}

TEST_F(SchedulerTest, TimesAreLearnedFromWhatWasDrawn) {
    teach(42.0);
    EXPECT_NEAR(admit(task_of("a")).value().cost_s, 42.0, 1.0);
    EXPECT_NEAR(admit(task_of("a", "unseen")).value().cost_s, 42.0, 1.0);
    // It is taken up by the next process.
    options_.costs = scheduler_.costs();
    Scheduler next(clock_, options_);
    EXPECT_NEAR(next.admit(task_of("a"), demand_of(task_of("a"))).value().cost_s, 42.0, 1.0);
}

TEST_F(SchedulerTest, AWaitIsWhatIsBeforeATaskAndItself) {
    teach(40.0);
    scheduler_.assigned("agent-1", "fox");
    const domain::TaskId drawn = admitted("a");
    const domain::TaskId next = admitted("a");
    const domain::TaskId last = admitted("a");
    scheduler_.taken(drawn);
    EXPECT_NEAR(scheduler_.place(next)->eta_s, 80.0, 3.0);
    EXPECT_NEAR(scheduler_.place(last)->eta_s, 120.0, 3.0);
    clock_.now_ms += 30'000;
    EXPECT_NEAR(scheduler_.place(next)->eta_s, 50.0, 3.0);
    // A second agent halves what is before it, but not its own time.
    scheduler_.assigned("agent-2", "fox");
    EXPECT_NEAR(scheduler_.place(last)->eta_s, 65.0, 3.0);
}

TEST_F(SchedulerTest, AWaitCountsTheLoadsBeforeATask) {
    teach(1.0);
    const domain::TaskId task = admitted("a");
    const double cold = scheduler_.place(task)->eta_s;
    scheduler_.assigned("agent-1", "fox");
    scheduler_.loaded("agent-1", 30.0);
    const double resident = scheduler_.place(task)->eta_s;
    EXPECT_GT(cold, resident + 1.0);
    scheduler_.agent_gone("agent-1");
    EXPECT_NEAR(scheduler_.place(task)->eta_s - resident, 30.0, 1.0);
}

TEST_F(SchedulerTest, WhoIsRefusedIsToldWhenToComeBack) {
    teach(60.0);
    for (int i = 0; i < 3; ++i)
        admitted("a");
    EXPECT_NEAR(static_cast<double>(scheduler_.retry_after_s("a")), 180.0, 5.0);
    EXPECT_EQ(scheduler_.retry_after_s("b"), 1);
    admitted("b");
    admitted("b");
    EXPECT_NEAR(static_cast<double>(scheduler_.retry_after_s("c")), 300.0, 8.0);
}

TEST_F(SchedulerTest, ATaskThatWasNotDrawnCostsItsTenantNothing) {
    const double first = admit(task_of("b")).value().vft;
    const domain::TaskId cancelled = admitted("a");
    scheduler_.ended(cancelled);
    EXPECT_DOUBLE_EQ(admit(task_of("a")).value().vft, first);
}

TEST_F(SchedulerTest, RowsOfAnEarlierProcessKeepTheirPlaceAndTheirTenantsTheirTurn) {
    std::vector<domain::Task> rows;
    for (const double vft : {110.0, 120.0}) {
        domain::NewTask task = task_of("a");
        task.cost_s = 10.0;
        task.vft = vft;
        rows.push_back(domain::make_task(task, 0));
        scheduler_.restore(rows.back());
        scheduler_.restore(rows.back());
    }
    EXPECT_EQ(position(rows[1].id), 1);
    const domain::TaskId newcomer = admitted("b");
    EXPECT_EQ(position(newcomer), 0);
    EXPECT_EQ(position(admitted("a")), 3);
    scheduler_.taken(rows[0].id);
    EXPECT_EQ(position(rows[1].id), 1);
}

TEST_F(SchedulerTest, AnAgentIsGivenWhatTheBacklogSays) {
    const std::vector<storage::BacklogEntry> backlog = {
        {"fox", 0, 2, 4.0, 50.0, 0}, {"owl", 0, 2, 4.0, 10.0, 0}};
    const auto first = scheduler_.next_for({"agent-1", 1, false}, backlog);
    EXPECT_EQ(first.value().model, "owl");
    EXPECT_FALSE(scheduler_.assigned("agent-1", "owl"));
    EXPECT_FALSE(scheduler_.next_for({"agent-1", 0, true}, backlog));
    // Within its quantum it stays.
    clock_.now_ms += 119'000;
    std::vector<storage::BacklogEntry> later = backlog;
    later[1].least_vft = 500.0;
    EXPECT_EQ(scheduler_.next_for({"agent-1", 1, true}, later).value().model, "owl");
    clock_.now_ms += 1'000;
    EXPECT_FALSE(scheduler_.next_for({"agent-1", 1, true}, later));
    EXPECT_EQ(scheduler_.next_for({"agent-1", 1, false}, later).value().model, "fox");
    EXPECT_EQ(scheduler_.next_for({"agent-2", 1, false}, later).value().model, "fox");
    EXPECT_TRUE(scheduler_.assigned("agent-2", "fox"));
}

}  // namespace
}  // namespace darkroom::control
