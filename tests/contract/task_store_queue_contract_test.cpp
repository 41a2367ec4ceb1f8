// SPDX-License-Identifier: Apache-2.0
// Submitting, finding and claiming.
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "contract/task_store_fixture.h"

namespace darkroom::storage {
namespace {

using domain::TaskId;
using domain::TaskState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<TaskId> ids_of(const std::vector<domain::Task>& tasks) {
    std::vector<TaskId> ids;
    for (const domain::Task& task : tasks)
        ids.push_back(task.id);
    return ids;
}

class TaskQueueContract : public TaskStoreContract {};

TEST_P(TaskQueueContract, ASubmittedTaskIsThereAndWaits) {
    domain::NewTask request = new_task();
    request.priority = 4;
    request.cost_s = 2.5;
    request.vft = 7.25;
    const auto submitted = wait(*store, &TaskStore::submit, request).value();
    EXPECT_TRUE(submitted.is_new);
    for (const domain::Task& task : {submitted.task, get(request.id)}) {
        EXPECT_EQ(task.id, request.id);
        EXPECT_EQ(task.tenant, "studio");
        EXPECT_EQ(task.kind, "txt2img");
        EXPECT_EQ(task.model, "icons-128");
        EXPECT_EQ(task.request, request.request);
        EXPECT_EQ(task.body_hash, "hash-1");
        EXPECT_EQ(task.state, TaskState::queued);
        EXPECT_EQ(task.priority, 4);
        EXPECT_EQ(task.cost_s, 2.5);
        EXPECT_EQ(task.vft, 7.25);
        EXPECT_EQ(task.attempt, 0);
        EXPECT_EQ(task.failures, 0);
        EXPECT_EQ(task.owner, "");
        EXPECT_EQ(task.created_ms, clock.now_ms);
        EXPECT_FALSE(task.lease_until_ms || task.started_ms || task.finished_ms || task.error);
        EXPECT_FALSE(task.cancel_requested);
    }
}

TEST_P(TaskQueueContract, WhatIsDoneAlreadyIsThereWithItsResultAndNeverHandedOut) {
    domain::NewTask request = new_task("");
    request.kind = domain::kCallKind;
    request.idempotency_key = "key-1";
    request.result = "{\"body\":1}";
    ASSERT_TRUE(wait(*store, &TaskStore::submit, request));
    const domain::Task task = get(request.id);
    EXPECT_EQ(task.state, TaskState::succeeded);
    EXPECT_EQ(task.result, "{\"body\":1}");
    EXPECT_EQ(task.finished_ms, clock.now_ms);
    EXPECT_THAT(claim({.agent = "agent-1"}), IsEmpty());
    EXPECT_THAT(wait(*store, &TaskStore::backlog).value(), IsEmpty());

    domain::NewTask again = request;
    again.id = TaskId::random();
    again.result = "{\"body\":2}";
    const Submitted repeated = wait(*store, &TaskStore::submit, again).value();
    EXPECT_FALSE(repeated.is_new);
    EXPECT_EQ(repeated.task.result, "{\"body\":1}");

    std::vector<domain::TaskEventKind> kinds;
    const EventPage log = wait(*store, &TaskStore::events, {}).value();
    for (const domain::TaskEvent& event : log.events)
        kinds.push_back(event.kind);
    using Kind = domain::TaskEventKind;
    EXPECT_THAT(kinds, ElementsAre(Kind::submitted, Kind::succeeded));
}

TEST_P(TaskQueueContract, AnUnknownTaskIsNotFound) {
    const auto found = wait(*store, &TaskStore::get, TaskId::random());
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::not_found);
    EXPECT_EQ(
        wait(*store, &TaskStore::cancel, TaskId::random()).error().code, ErrorCode::not_found);
}

TEST_P(TaskQueueContract, QueuedWorkIsSummedByTenant) {
    const auto queued = [&](CountFilter filter) {
        return wait(*store, &TaskStore::queued_work, std::move(filter)).value();
    };
    EXPECT_EQ(queued({}).tasks, 0);
    EXPECT_EQ(queued({}).seconds, 0.0);
    for (const auto& [tenant, cost_s] :
         {std::pair{"studio", 1.5}, {"studio", 2.0}, {"agency", 4.0}, {"studio", 0.25}}) {
        domain::NewTask request = new_task();
        request.tenant = tenant;
        request.cost_s = cost_s;
        submit(std::move(request));
    }
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    EXPECT_EQ(queued({"studio"}).tasks, 2);
    EXPECT_EQ(queued({"studio"}).seconds, 2.25);
    EXPECT_EQ(queued({}).tasks, 3);
    EXPECT_EQ(queued({}).seconds, 6.25);
    EXPECT_EQ(queued({"nobody"}).tasks, 0);
}

TEST_P(TaskQueueContract, TheSameKeyAndBodyIsTheSameTask) {
    domain::NewTask first = new_task();
    first.idempotency_key = "key-1";
    domain::NewTask second = first;
    second.id = TaskId::random();
    submit(first);
    clock.now_ms += 1'000'000;
    const auto repeated = wait(*store, &TaskStore::submit, second).value();
    EXPECT_FALSE(repeated.is_new);
    EXPECT_EQ(repeated.task.id, first.id);
    EXPECT_EQ(repeated.task.request, first.request);
    EXPECT_FALSE(wait(*store, &TaskStore::get, second.id));
}

TEST_P(TaskQueueContract, ARepeatedSubmitShowsWhereTheTaskStands) {
    domain::NewTask request = new_task();
    request.idempotency_key = "key-1";
    submit(request);
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    ASSERT_EQ(
        complete({request.id, 1, "agent-1"}, "{\"n\":1}"), domain::CompleteOutcome::completed);
    domain::NewTask again = request;
    again.id = TaskId::random();
    const auto repeated = wait(*store, &TaskStore::submit, again).value();
    EXPECT_EQ(repeated.task.state, TaskState::succeeded);
    EXPECT_EQ(repeated.task.result, "{\"n\":1}");
}

TEST_P(TaskQueueContract, TheSameKeyForAnotherKindOfWorkIsAConflict) {
    domain::NewTask request = new_task();
    request.idempotency_key = "key-1";
    submit(request);
    request.id = TaskId::random();
    request.kind = "extras";
    const auto refused = wait(*store, &TaskStore::submit, request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "idempotency_key");
}

TEST_P(TaskQueueContract, TheSameKeyWithAnotherBodyIsAConflict) {
    domain::NewTask first = new_task();
    first.idempotency_key = "key-1";
    domain::NewTask second = first;
    second.id = TaskId::random();
    second.body_hash = "hash-2";
    submit(first);
    const auto refused = wait(*store, &TaskStore::submit, second);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_EQ(refused.error().field, "idempotency_key");
    EXPECT_FALSE(wait(*store, &TaskStore::get, second.id));
}

TEST_P(TaskQueueContract, KeysAreTheTenantsOwnAndNoKeyIsNoKey) {
    std::set<TaskId> ids;
    for (const char* tenant : {"studio", "agency"}) {
        for (const char* key : {"key-1", "", ""}) {
            domain::NewTask request = new_task();
            request.tenant = tenant;
            request.idempotency_key = key;
            ids.insert(submit(request));
        }
    }
    EXPECT_EQ(ids.size(), 6U);
}

TEST_P(TaskQueueContract, ATaskIsFoundByTheKeyItsTenantGaveIt) {
    domain::NewTask request = new_task();
    request.idempotency_key = "key-1";
    submit(request);
    domain::NewTask of_another_tenant = request;
    of_another_tenant.id = TaskId::random();
    of_another_tenant.tenant = "agency";
    submit(of_another_tenant);
    submit();

    const TaskName name{"studio", "key-1"};
    const domain::Task waiting = wait(*store, &TaskStore::find, name).value();
    EXPECT_EQ(waiting.id, request.id);
    EXPECT_EQ(waiting.idempotency_key, "key-1");
    EXPECT_EQ(waiting.request, request.request);
    EXPECT_EQ(wait(*store, &TaskStore::find, {"agency", "key-1"}).value().id, of_another_tenant.id);

    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    complete({request.id, 1, "agent-1"}, "{\"n\":1}");
    const domain::Task done = wait(*store, &TaskStore::find, name).value();
    EXPECT_EQ(done.state, TaskState::succeeded);
    EXPECT_EQ(done.result, "{\"n\":1}");
}

TEST_P(TaskQueueContract, AKeyThatNobodyUsedIsNotFound) {
    domain::NewTask request = new_task();
    request.idempotency_key = "key-1";
    submit(request);
    submit();
    const Error by_id = wait(*store, &TaskStore::get, TaskId::random()).error();
    for (const TaskName& name : {TaskName{"studio", "key-2"}, TaskName{"agency", "key-1"}}) {
        const auto found = wait(*store, &TaskStore::find, name);
        ASSERT_FALSE(found) << name.tenant;
        EXPECT_EQ(found.error().code, ErrorCode::not_found);
        EXPECT_EQ(found.error().message, by_id.message);
        EXPECT_EQ(found.error().field, by_id.field);
    }
}

TEST_P(TaskQueueContract, ATakenIdIsAConflict) {
    const domain::NewTask request = new_task();
    submit(request);
    const auto refused = wait(*store, &TaskStore::submit, request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_EQ(refused.error().field, "task_id");
}

TEST_P(TaskQueueContract, RequestsOutOfBoundsAreRefused) {
    domain::NewTask nameless = new_task();
    nameless.tenant.clear();
    EXPECT_EQ(wait(*store, &TaskStore::submit, nameless).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(wait(*store, &TaskStore::find, {"", "key-1"}).error().field, "tenant");
    EXPECT_EQ(wait(*store, &TaskStore::find, {"studio", ""}).error().field, "idempotency_key");
    EXPECT_EQ(wait(*store, &TaskStore::claim, ClaimRequest{.agent = ""}).error().field, "agent");
    EXPECT_EQ(wait(*store, &TaskStore::list, TaskFilter{.limit = 0}).error().field, "limit");
    EXPECT_EQ(wait(*store, &TaskStore::heartbeat, Heartbeat{"a", {}, 0}).error().field, "lease_ms");
    EXPECT_EQ(
        wait(*store, &TaskStore::release_agent, AgentRelease{.agent = ""}).error().field, "agent");
}

TEST_P(TaskQueueContract, TextOfAnyKindComesBackUnchanged) {
    domain::NewTask request = new_task("m'odel\"; DROP TABLE task; --");
    request.tenant = "\xe5\xb7\xa5\xe4\xbd\x9c\xe5\xae\xa4";
    request.request = std::string("{\"a\":\"\0\n%s\"}", 12);
    submit(request);
    const domain::Task task = get(request.id);
    EXPECT_EQ(task.tenant, request.tenant);
    EXPECT_EQ(task.request, request.request);
    EXPECT_EQ(claim({.agent = "a", .models = {request.model}}).size(), 1U);
}

TEST_P(TaskQueueContract, AClaimLeasesTheTaskWithItsRequest) {
    const TaskId id = submit();
    const auto claimed = claim({.agent = "agent-1", .lease_ms = 500});
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].request, "{\"prompt\":\"a key\"}");
    for (const domain::Task& task : {claimed[0], get(id)}) {
        EXPECT_EQ(task.state, TaskState::leased);
        EXPECT_EQ(task.owner, "agent-1");
        EXPECT_EQ(task.attempt, 1);
        EXPECT_EQ(task.lease_until_ms, clock.now_ms + 500);
    }
    EXPECT_THAT(claim({.agent = "agent-2"}), IsEmpty());
}

TEST_P(TaskQueueContract, ClaimsGoByPriorityThenVirtualTimeThenAge) {
    const auto add = [&](std::int32_t priority, double vft) {
        domain::NewTask request = new_task();
        request.priority = priority;
        request.vft = vft;
        // A wall clock that jumps back must not change the order.
        clock.now_ms -= 10;
        return submit(request);
    };
    const TaskId low = add(-1, 0.0);
    const TaskId late = add(0, 9.0);
    const TaskId early_first = add(0, 1.5);
    const TaskId early_second = add(0, 1.5);
    const TaskId urgent = add(5, 100.0);
    EXPECT_THAT(
        ids_of(claim({.agent = "agent-1", .max_count = 3})),
        ElementsAre(urgent, early_first, early_second));
    EXPECT_THAT(ids_of(claim({.agent = "agent-1", .max_count = 3})), ElementsAre(late, low));
}

TEST_P(TaskQueueContract, AnAgentClaimsOnlyForItsModels) {
    const TaskId a = submit(new_task("a"));
    const TaskId b = submit(new_task("b"));
    const TaskId c = submit(new_task("c"));
    domain::NewTask urgent = new_task("c");
    urgent.priority = 1;
    const TaskId urgent_c = submit(urgent);
    EXPECT_THAT(claim({.agent = "x", .models = {"none"}}), IsEmpty());
    EXPECT_THAT(
        ids_of(claim({.agent = "x", .models = {"a", "c", "c"}, .max_count = 2})),
        ElementsAre(urgent_c, a));
    EXPECT_THAT(ids_of(claim({.agent = "x", .models = {"b"}, .max_count = 9})), ElementsAre(b));
    EXPECT_THAT(ids_of(claim({.agent = "x", .max_count = 9})), ElementsAre(c));
}

TEST_P(TaskQueueContract, ATaskThatNeedsNoCheckpointIsClaimedByTheEmptyName) {
    const TaskId with = submit(new_task("a"));
    const TaskId without = submit(new_task(""));
    EXPECT_EQ(get(without).model, "");
    EXPECT_THAT(
        ids_of(claim({.agent = "x", .models = {""}, .max_count = 9})), ElementsAre(without));
    EXPECT_THAT(ids_of(claim({.agent = "x", .models = {"a", ""}})), ElementsAre(with));
}

TEST_P(TaskQueueContract, TheBacklogSumsWhatWaitsByCheckpointAndPriority) {
    const auto add = [&](std::string model, std::int32_t priority, double cost_s, double vft) {
        domain::NewTask request = new_task(std::move(model));
        request.priority = priority;
        request.cost_s = cost_s;
        request.vft = vft;
        clock.now_ms += 10;
        submit(request);
        return clock.now_ms;
    };
    const auto backlog = [&] { return wait(*store, &TaskStore::backlog).value(); };
    EXPECT_THAT(backlog(), IsEmpty());
    const std::int64_t urgent = add("a", 1, 2.0, 50.0);
    const std::int64_t first = add("b", 0, 1.5, 9.0);
    add("b", 0, 2.5, 7.0);
    const std::int64_t plain = add("a", 0, 3.0, 1.0);
    const std::int64_t without = add("", 0, 0.5, 4.0);
    const std::vector<BacklogEntry> expected = {
        {"", 0, 1, 0.5, 4.0, without},
        {"a", 1, 1, 2.0, 50.0, urgent},
        {"a", 0, 1, 3.0, 1.0, plain},
        {"b", 0, 2, 4.0, 7.0, first}};
    EXPECT_EQ(backlog(), expected);
    ASSERT_EQ(claim({.agent = "x", .models = {"a", ""}, .max_count = 9}).size(), 3U);
    EXPECT_EQ(backlog(), (std::vector{expected[3]}));
}

TEST_P(TaskQueueContract, TheBacklogIsWhatCanBeClaimedNow) {
    domain::NewTask request = new_task();
    request.not_before_ms = clock.now_ms + 100;
    request.deadline_ms = clock.now_ms + 200;
    submit(request);
    EXPECT_THAT(wait(*store, &TaskStore::backlog).value(), IsEmpty());
    clock.now_ms += 100;
    EXPECT_EQ(wait(*store, &TaskStore::backlog).value().size(), 1U);
    clock.now_ms += 100;
    EXPECT_THAT(wait(*store, &TaskStore::backlog).value(), IsEmpty());
}

TEST_P(TaskQueueContract, ATaskIsNotClaimedBeforeItsTimeNorAfterItsDeadline) {
    domain::NewTask request = new_task();
    request.not_before_ms = clock.now_ms + 100;
    request.deadline_ms = clock.now_ms + 200;
    submit(request);
    clock.now_ms += 99;
    EXPECT_THAT(claim({.agent = "a"}), IsEmpty());
    clock.now_ms += 101;
    EXPECT_THAT(claim({.agent = "a"}), IsEmpty());
    clock.now_ms -= 100;
    EXPECT_EQ(claim({.agent = "a"}).size(), 1U);
}

TEST_P(TaskQueueContract, NoTwoAgentsGetTheSameTask) {
    constexpr int kTasks = 60;
    for (int i = 0; i < kTasks; ++i)
        submit();
    std::vector<std::vector<TaskId>> claimed(4);
    {
        std::vector<std::jthread> agents;
        for (std::size_t agent = 0; agent < claimed.size(); ++agent) {
            agents.emplace_back([&, agent] {
                const ClaimRequest request{.agent = "agent-" + std::to_string(agent)};
                for (auto tasks = claim(request); !tasks.empty(); tasks = claim(request)) {
                    claimed[agent].push_back(tasks[0].id);
                }
            });
        }
    }
    std::set<TaskId> distinct;
    std::size_t total = 0;
    for (const auto& ids : claimed) {
        distinct.insert(ids.begin(), ids.end());
        total += ids.size();
    }
    EXPECT_EQ(total, static_cast<std::size_t>(kTasks));
    EXPECT_EQ(distinct.size(), static_cast<std::size_t>(kTasks));
}

TEST_P(TaskQueueContract, TheSameKeySubmittedAtOnceIsOneTask) {
    std::atomic<int> created = 0;
    {
        std::vector<std::jthread> clients;
        for (int client = 0; client < 8; ++client) {
            clients.emplace_back([&] {
                domain::NewTask request = new_task();
                request.idempotency_key = "key-1";
                if (wait(*store, &TaskStore::submit, request).value().is_new) ++created;
            });
        }
    }
    EXPECT_EQ(created, 1);
    EXPECT_EQ(wait(*store, &TaskStore::count, CountFilter{}).value().at(TaskState::queued), 1);
}

TEST_P(TaskQueueContract, ListsAreNewestFirstAndFiltered) {
    const TaskId first = submit();
    const TaskId second = submit();
    domain::NewTask other = new_task();
    other.tenant = "agency";
    const TaskId third = submit(other);
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);

    const auto list = [&](const TaskFilter& filter) {
        return ids_of(wait(*store, &TaskStore::list, filter).value());
    };
    EXPECT_THAT(list({}), ElementsAre(third, second, first));
    EXPECT_THAT(list({.tenant = "studio"}), ElementsAre(second, first));
    EXPECT_THAT(list({.tenant = "nobody"}), IsEmpty());
    EXPECT_THAT(list({.states = {TaskState::leased}}), ElementsAre(first));
    EXPECT_THAT(
        list({.tenant = "studio", .states = {TaskState::leased, TaskState::queued}}),
        ElementsAre(second, first));
    EXPECT_THAT(list({.limit = 1}), ElementsAre(third));
    EXPECT_THAT(list({.before = third, .limit = 1}), ElementsAre(second));
    EXPECT_THAT(
        list({.tenant = "studio", .states = {TaskState::queued}, .before = third}),
        ElementsAre(second));
    EXPECT_THAT(list({.before = first}), IsEmpty());
    EXPECT_THAT(list({.before = TaskId::random()}), IsEmpty());
}

TEST_P(TaskQueueContract, ListsCarryRequestsAndResultsOnlyWhenAsked) {
    const domain::LeaseToken token = leased();
    ASSERT_EQ(complete(token, "{\"n\":1}"), domain::CompleteOutcome::completed);
    const auto light = wait(*store, &TaskStore::list, TaskFilter{}).value();
    EXPECT_EQ(light.at(0).request, "");
    EXPECT_EQ(light.at(0).result, "");
    const auto full = wait(*store, &TaskStore::list, TaskFilter{.with_payload = true}).value();
    EXPECT_EQ(full.at(0).request, "{\"prompt\":\"a key\"}");
    EXPECT_EQ(full.at(0).result, "{\"n\":1}");
}

TEST_P(TaskQueueContract, CountsAreByStateAndTenant) {
    submit();
    submit();
    domain::NewTask other = new_task();
    other.tenant = "agency";
    submit(other);
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    const TaskCounts all = wait(*store, &TaskStore::count, CountFilter{}).value();
    EXPECT_EQ(all, (TaskCounts{{TaskState::queued, 2}, {TaskState::leased, 1}}));
    const TaskCounts agency = wait(*store, &TaskStore::count, CountFilter{"agency"}).value();
    EXPECT_EQ(agency, (TaskCounts{{TaskState::queued, 1}}));
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    TaskQueueContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
