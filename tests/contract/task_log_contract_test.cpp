// SPDX-License-Identifier: Apache-2.0
// The log of events, removal and the account of what was used.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "contract/task_store_fixture.h"

namespace darkroom::storage {
namespace {

using domain::LeaseToken;
using domain::TaskEvent;
using domain::TaskEventKind;
using domain::TaskId;
using domain::Usage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TaskLogContract : public TaskStoreContract {
  protected:
    EventPage events(EventFilter filter) {
        return wait(*store, &TaskStore::events, std::move(filter)).value();
    }
    std::vector<TaskEventKind> kinds_of(const TaskId& id) {
        std::vector<TaskEventKind> kinds;
        for (const TaskEvent& event : events({.task = id}).events)
            kinds.push_back(event.kind);
        return kinds;
    }
    void mark_running(const LeaseToken& token) {
        ASSERT_TRUE(wait(*store, &TaskStore::mark_running, token));
    }
    Result<void> remove(const TaskId& id) { return wait(*store, &TaskStore::remove, id); }
    std::vector<Usage> usage(std::optional<std::string> tenant = {}) {
        const std::int64_t today = clock.now_ms / domain::kMsPerDay;
        const UsageFilter filter{std::move(tenant), today - 10, today + 10};
        return wait(*store, &TaskStore::usage, filter).value();
    }

    /// Draws for 3 s.
    TaskId drawn(domain::NewTask request) {
        const TaskId id = submit(std::move(request));
        const auto claimed = claim({.agent = "agent-1"});
        const LeaseToken token{id, claimed.at(0).attempt, "agent-1"};
        mark_running(token);
        clock.now_ms += 3'000;
        const FinishedAttempt attempt{token, "{}", 500};
        EXPECT_TRUE(wait(*store, &TaskStore::complete, attempt));
        return id;
    }
    static domain::NewTask counted_task() {
        domain::NewTask request = new_task();
        request.pictures = 2;
        request.step_pixels = 1'000;
        return request;
    }
};

TEST_P(TaskLogContract, EveryChangeOfStateIsLoggedInItsOrder) {
    const LeaseToken token = leased();
    clock.now_ms += 5;
    mark_running(token);
    mark_running(token);
    ASSERT_TRUE(wait(*store, &TaskStore::mark_uploading, token));
    clock.now_ms += 5;
    complete(token);
    complete(token);
    EXPECT_THAT(
        kinds_of(token.id),
        ElementsAre(
            TaskEventKind::submitted,
            TaskEventKind::leased,
            TaskEventKind::running,
            TaskEventKind::uploading,
            TaskEventKind::succeeded));
    const std::vector<TaskEvent> all = events({}).events;
    EXPECT_EQ(all.back().wall_ms, clock.now_ms);
    EXPECT_EQ(all.back().attempt, 1);
    EXPECT_EQ(all.back().tenant, "studio");
    EXPECT_EQ(all.front().wall_ms, clock.now_ms - 10);
}

TEST_P(TaskLogContract, ARepeatedSubmitAddsNothing) {
    domain::NewTask request = new_task();
    request.idempotency_key = "order-1";
    const TaskId id = submit(request);
    request.id = TaskId::random();
    EXPECT_EQ(submit(request), id);
    const EventPage page = events({});
    ASSERT_EQ(page.events.size(), 1U);
    EXPECT_EQ(page.events[0].task, id);
    EXPECT_EQ(page.events[0].task_name, "order-1");
}

TEST_P(TaskLogContract, WhatEndsAnAttemptIsLogged) {
    const LeaseToken failed = leased();
    fail(failed, true);
    claim({.agent = "agent-1"});
    fail({failed.id, 2, "agent-1"}, true);
    EXPECT_THAT(
        kinds_of(failed.id),
        ElementsAre(
            TaskEventKind::submitted,
            TaskEventKind::leased,
            TaskEventKind::requeued,
            TaskEventKind::leased,
            TaskEventKind::dead));
    EXPECT_EQ(
        events({.task = failed.id}).events.back().message, "gave up, failed twice: out of memory");

    const LeaseToken released = leased();
    const AgentRelease drain{"agent-1", false};
    ASSERT_TRUE(wait(*store, &TaskStore::release_agent, drain));
    ASSERT_TRUE(wait(*store, &TaskStore::cancel, released.id));
    EXPECT_THAT(
        kinds_of(released.id),
        ElementsAre(
            TaskEventKind::submitted,
            TaskEventKind::leased,
            TaskEventKind::requeued,
            TaskEventKind::cancelled));

    const LeaseToken silent = leased();
    domain::NewTask hasty = new_task();
    hasty.deadline_ms = clock.now_ms + 1;
    const TaskId late = submit(hasty);
    clock.now_ms += 30'000;
    expire_leases();
    EXPECT_EQ(kinds_of(silent.id).back(), TaskEventKind::requeued);
    EXPECT_EQ(kinds_of(late).back(), TaskEventKind::expired);
}

TEST_P(TaskLogContract, AReaderGoesOnAfterTheLastEventItSaw) {
    const TaskId first = submit();
    const TaskId second = submit();
    EventPage page = events({.limit = 1});
    ASSERT_EQ(page.events.size(), 1U);
    EXPECT_EQ(page.events[0].task, first);
    EXPECT_GT(page.newest, page.events[0].sequence);
    page = events({.after = page.events[0].sequence});
    ASSERT_EQ(page.events.size(), 1U);
    EXPECT_EQ(page.events[0].task, second);
    EXPECT_EQ(page.newest, page.events[0].sequence);
    EXPECT_THAT(events({.after = page.newest}).events, IsEmpty());
}

TEST_P(TaskLogContract, ATenantReadsItsOwnEvents) {
    submit();
    domain::NewTask other = new_task();
    other.tenant = "rival";
    const TaskId theirs = submit(other);
    const EventPage page = events({.tenant = "rival"});
    ASSERT_EQ(page.events.size(), 1U);
    EXPECT_EQ(page.events[0].task, theirs);
    EXPECT_THAT(events({.tenant = "studio", .task = theirs}).events, IsEmpty());
    EXPECT_THAT(events({.task = TaskId::random()}).events, IsEmpty());
}

TEST_P(TaskLogContract, ATaskIsRemovedWithItsEventsOnceItHasEnded) {
    domain::NewTask request = new_task();
    request.idempotency_key = "order-1";
    const TaskId id = submit(request);
    EXPECT_EQ(remove(id).error().code, ErrorCode::conflict);
    claim({.agent = "agent-1"});
    EXPECT_EQ(remove(id).error().code, ErrorCode::conflict);
    complete({id, 1, "agent-1"});
    ASSERT_TRUE(remove(id));
    EXPECT_EQ(wait(*store, &TaskStore::get, id).error().code, ErrorCode::not_found);
    EXPECT_THAT(events({}).events, IsEmpty());
    EXPECT_EQ(remove(id).error().code, ErrorCode::not_found);

    request.body_hash = "another";
    const TaskId again = submit(request);
    EXPECT_EQ(get(again).request, request.request);
    EXPECT_THAT(claim({.agent = "agent-1"}), ::testing::SizeIs(1));
}

TEST_P(TaskLogContract, ASequenceIsNeverGivenTwice) {
    const TaskId id = submit();
    ASSERT_TRUE(wait(*store, &TaskStore::cancel, id));
    const std::int64_t newest = events({}).newest;
    ASSERT_TRUE(remove(id));
    EXPECT_EQ(events({}).newest, newest);
    submit();
    EXPECT_EQ(events({}).events.at(0).sequence, newest + 1);
}

TEST_P(TaskLogContract, UsageCountsRequestsPicturesAndTime) {
    drawn(counted_task());
    drawn(counted_task());
    const TaskId cancelled = submit(counted_task());
    ASSERT_TRUE(wait(*store, &TaskStore::cancel, cancelled));
    Usage expected;
    expected.tenant = "studio";
    expected.model = "icons-128";
    expected.day = clock.now_ms / domain::kMsPerDay;
    expected.requests = 3;
    expected.pictures = 4;
    expected.step_pixels = 2'000;
    expected.busy_ms = 6'000;
    expected.bytes = 1'000;
    EXPECT_THAT(usage(), ElementsAre(expected));
}

TEST_P(TaskLogContract, BrokenAttemptsCostTimeButMakeNoPictures) {
    submit(counted_task());
    const LeaseToken token{claim({.agent = "agent-1"}).at(0).id, 1, "agent-1"};
    mark_running(token);
    clock.now_ms += 2'000;
    fail(token, true);
    const LeaseToken second{claim({.agent = "agent-1"}).at(0).id, 2, "agent-1"};
    clock.now_ms += 4'000;
    mark_running(second);
    clock.now_ms += 1'000;
    fail(second, false);
    ASSERT_EQ(usage().size(), 1U);
    EXPECT_EQ(usage()[0].busy_ms, 3'000);
    EXPECT_EQ(usage()[0].requests, 1);
    EXPECT_EQ(usage()[0].pictures, 0);
    EXPECT_EQ(usage()[0].step_pixels, 0);
}

TEST_P(TaskLogContract, UsageIsByTenantDayAndModelInThatOrder) {
    domain::NewTask other = counted_task();
    other.tenant = "rival";
    drawn(new_task("b"));
    drawn(new_task("a"));
    drawn(other);
    clock.now_ms += domain::kMsPerDay;
    drawn(new_task("a"));
    const std::vector<Usage> rows = usage();
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].tenant, "rival");
    EXPECT_EQ(rows[1].model, "a");
    EXPECT_EQ(rows[2].model, "b");
    EXPECT_EQ(rows[3].day, rows[1].day + 1);
    EXPECT_THAT(usage("rival"), ElementsAre(rows[0]));
    const UsageFilter first_day{"studio", rows[1].day, rows[1].day};
    EXPECT_THAT(wait(*store, &TaskStore::usage, first_day).value(), ElementsAre(rows[1], rows[2]));
}

TEST_P(TaskLogContract, ARemovedTaskStaysOnTheAccount) {
    const TaskId first = drawn(counted_task());
    const TaskId second = drawn(counted_task());
    const std::vector<Usage> before = usage();
    ASSERT_TRUE(remove(first));
    EXPECT_EQ(usage(), before);
    ASSERT_TRUE(remove(second));
    EXPECT_EQ(usage(), before);
    EXPECT_EQ(usage("studio"), before);
}

TEST_P(TaskLogContract, RefusesRangesThatNoStoreCanAnswer) {
    const auto bad_limit = wait(*store, &TaskStore::events, {.limit = 0});
    EXPECT_EQ(bad_limit.error().code, ErrorCode::invalid_argument);
    const UsageFilter backwards{{}, 10, 9};
    EXPECT_EQ(wait(*store, &TaskStore::usage, backwards).error().field, "last_day");
    domain::NewTask request = new_task();
    request.pictures = -1;
    EXPECT_EQ(wait(*store, &TaskStore::submit, request).error().field, "pictures");
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    TaskLogContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
