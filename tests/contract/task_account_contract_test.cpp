// SPDX-License-Identifier: Apache-2.0
// What a row says of where its task came from and of what it took.
#include <limits>

#include <gmock/gmock.h>

#include "contract/task_store_fixture.h"

namespace darkroom::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TaskAccountContract : public TaskStoreContract {
  protected:
    /// A task that was drawn in so many seconds.
    domain::TaskId drawn(double device_s, domain::NewTask request = new_task()) {
        const domain::TaskId id = submit(std::move(request));
        const domain::Task task = claim({.agent = "agent-1"}).at(0);
        const FinishedAttempt attempt{{id, task.attempt, "agent-1"}, "{}", 1, device_s};
        EXPECT_TRUE(wait(*store, &TaskStore::complete, attempt));
        return id;
    }

    std::vector<double> seconds(std::int32_t limit = 100) {
        std::vector<double> seconds;
        const auto tasks = wait(*store, &TaskStore::list_drawn, DrawnFilter{limit}).value();
        for (const DrawnTask& task : tasks)
            seconds.push_back(task.device_s);
        return seconds;
    }
};

TEST_P(TaskAccountContract, ATaskKeepsTheTraceOfTheRequestThatSubmittedIt) {
    domain::NewTask request = new_task();
    request.trace =
        TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
    request.idempotency_key = "order-1";
    const domain::TaskId id = submit(request);
    domain::NewTask again = request;
    again.id = domain::TaskId::random();
    again.trace = TraceContext::begin();
    EXPECT_EQ(submit(again), id);
    EXPECT_EQ(get(id).trace, request.trace);
    EXPECT_EQ(claim({.agent = "agent-1"}).at(0).trace, request.trace);
    EXPECT_EQ(get(submit()).trace, std::nullopt);
    const EventPage page = wait(*store, &TaskStore::events, EventFilter{.task = id}).value();
    ASSERT_EQ(page.events.size(), 2U);
    EXPECT_EQ(page.events[0].trace, request.trace);
    EXPECT_EQ(page.events[1].trace, request.trace);
}

TEST_P(TaskAccountContract, WhatWasDrawnIsListedInTheOrderOfTheEnds) {
    EXPECT_THAT(seconds(), IsEmpty());
    const domain::TaskId first = submit();
    const domain::Task slow = claim({.agent = "agent-1"}).at(0);
    drawn(1.5);
    clock.now_ms += 10;
    drawn(2.5);
    clock.now_ms += 10;
    const FinishedAttempt attempt{{first, slow.attempt, "agent-1"}, "{}", 1, 3.5};
    ASSERT_TRUE(wait(*store, &TaskStore::complete, attempt));
    EXPECT_THAT(seconds(), ElementsAre(1.5, 2.5, 3.5));
    EXPECT_THAT(seconds(2), ElementsAre(2.5, 3.5));
    EXPECT_EQ(get(first).device_s, 3.5);
}

TEST_P(TaskAccountContract, WhatWasDrawnSaysByWhatAndHowLargeItWas) {
    domain::NewTask picture = new_task("fox");
    picture.work_size = 12.75;
    drawn(1.0, picture);
    clock.now_ms += 10;
    domain::NewTask extras = new_task("");
    extras.kind = domain::kExtrasKind;
    drawn(2.0, extras);
    const auto tasks = wait(*store, &TaskStore::list_drawn, DrawnFilter{}).value();
    ASSERT_EQ(tasks.size(), 2U);
    EXPECT_EQ(tasks[0].function, "fox");
    EXPECT_EQ(tasks[0].work_size, 12.75);
    EXPECT_EQ(tasks[1].function, "extras");
    EXPECT_EQ(tasks[1].work_size, 0.0);
}

TEST_P(TaskAccountContract, OnlyWhatSucceededInAKnownTimeIsListed) {
    drawn(0.0);
    const domain::TaskId failed = submit();
    const domain::Task task = claim({.agent = "agent-1"}).at(0);
    fail({failed, task.attempt, "agent-1"}, /*is_retryable=*/false);
    const domain::TaskId removed = drawn(4.0);
    EXPECT_THAT(seconds(), ElementsAre(4.0));
    ASSERT_TRUE(wait(*store, &TaskStore::remove, removed));
    EXPECT_THAT(seconds(), IsEmpty());
}

TEST_P(TaskAccountContract, NumbersThatCannotBeAreRefused) {
    const domain::LeaseToken token = leased();
    for (const double device_s :
         {-1.0,
          std::numeric_limits<double>::infinity(),
          std::numeric_limits<double>::quiet_NaN()}) {
        const FinishedAttempt attempt{token, "{}", 1, device_s};
        const auto refused = wait(*store, &TaskStore::complete, attempt);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    }
    domain::NewTask request = new_task();
    request.work_size = std::numeric_limits<double>::infinity();
    EXPECT_EQ(wait(*store, &TaskStore::submit, request).error().code, ErrorCode::invalid_argument);
    for (const std::int32_t limit : {0, -1, 1'001}) {
        const auto refused = wait(*store, &TaskStore::list_drawn, DrawnFilter{limit});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    TaskAccountContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
