// SPDX-License-Identifier: Apache-2.0
// Leases and the ends of a task.
#include <string>

#include <gmock/gmock.h>

#include "contract/task_store_fixture.h"

namespace darkroom::storage {
namespace {

using domain::CancelOutcome;
using domain::CompleteOutcome;
using domain::FailOutcome;
using domain::LeaseStatus;
using domain::LeaseToken;
using domain::TaskId;
using domain::TaskState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class TaskLeaseContract : public TaskStoreContract {
  protected:
    LeaseStatus mark_running(const LeaseToken& token) {
        return wait(*store, &TaskStore::mark_running, token).value();
    }
    LeaseStatus mark_uploading(const LeaseToken& token) {
        return wait(*store, &TaskStore::mark_uploading, token).value();
    }
    CancelOutcome cancel(const TaskId& id) { return wait(*store, &TaskStore::cancel, id).value(); }
    EndedLeases release(const std::string& agent, bool counts_as_failure) {
        const AgentRelease request{agent, counts_as_failure};
        return wait(*store, &TaskStore::release_agent, request).value();
    }
};

TEST_P(TaskLeaseContract, ATaskRunsUploadsAndSucceeds) {
    const LeaseToken token = leased();
    clock.now_ms += 5;
    EXPECT_EQ(mark_running(token), LeaseStatus::held);
    EXPECT_EQ(get(token.id).state, TaskState::running);
    EXPECT_EQ(get(token.id).started_ms, clock.now_ms);
    EXPECT_EQ(mark_uploading(token), LeaseStatus::held);
    EXPECT_EQ(get(token.id).state, TaskState::uploading);
    clock.now_ms += 5;
    EXPECT_EQ(complete(token, "{\"images\":[\"a\"]}"), CompleteOutcome::completed);
    const domain::Task task = get(token.id);
    EXPECT_EQ(task.state, TaskState::succeeded);
    EXPECT_EQ(task.result, "{\"images\":[\"a\"]}");
    EXPECT_EQ(task.finished_ms, clock.now_ms);
    EXPECT_EQ(task.started_ms, clock.now_ms - 5);
    EXPECT_FALSE(task.lease_until_ms);
}

TEST_P(TaskLeaseContract, ACompletionMayBeRepeatedButNotReplaced) {
    const LeaseToken token = leased();
    EXPECT_EQ(complete(token, "first"), CompleteOutcome::completed);
    EXPECT_EQ(complete(token, "second"), CompleteOutcome::completed);
    EXPECT_EQ(get(token.id).result, "first");
    EXPECT_EQ(complete({token.id, 1, "agent-2"}, "third"), CompleteOutcome::stale);
    EXPECT_EQ(complete({token.id, 2, "agent-1"}, "third"), CompleteOutcome::stale);
    EXPECT_EQ(get(token.id).result, "first");
}

TEST_P(TaskLeaseContract, AnUnknownTaskIsLostToItsAgent) {
    const LeaseToken token{TaskId::random(), 1, "agent-1"};
    EXPECT_EQ(beat(token), LeaseStatus::lost);
    EXPECT_EQ(mark_running(token), LeaseStatus::lost);
    EXPECT_EQ(mark_uploading(token), LeaseStatus::lost);
    EXPECT_EQ(complete(token), CompleteOutcome::stale);
    EXPECT_EQ(fail(token, true), FailOutcome::stale);
}

TEST_P(TaskLeaseContract, AHeartbeatKeepsTheLeaseAndSilenceEndsIt) {
    const LeaseToken token = leased();
    clock.now_ms += 29'999;
    EXPECT_TRUE(expire_leases().empty());
    EXPECT_EQ(beat(token), LeaseStatus::held);
    clock.now_ms += 29'999;
    EXPECT_TRUE(expire_leases().empty());
    clock.now_ms += 1;
    EXPECT_THAT(expire_leases().requeued, ElementsAre(token.id));
    EXPECT_EQ(beat(token), LeaseStatus::lost);
    const domain::Task task = get(token.id);
    EXPECT_EQ(task.state, TaskState::queued);
    EXPECT_EQ(task.owner, "");
    EXPECT_EQ(task.failures, 1);
    EXPECT_TRUE(expire_leases().empty());
}

TEST_P(TaskLeaseContract, AHeartbeatAnswersEachTaskInItsPlace) {
    const LeaseToken held = leased();
    const LeaseToken cancelled = leased();
    const LeaseToken finished = leased();
    cancel(cancelled.id);
    complete(finished);
    const TaskId unknown = TaskId::random();
    const Heartbeat request{
        "agent-1", {{finished.id, 1}, {cancelled.id, 1}, {unknown, 1}, {held.id, 1}, {held.id, 7}}};
    const auto replies = wait(*store, &TaskStore::heartbeat, request).value();
    ASSERT_EQ(replies.size(), 5U);
    EXPECT_EQ(replies[0].id, finished.id);
    EXPECT_EQ(replies[0].status, LeaseStatus::lost);
    EXPECT_EQ(replies[1].status, LeaseStatus::cancel_requested);
    EXPECT_EQ(replies[2].status, LeaseStatus::lost);
    EXPECT_EQ(replies[3].status, LeaseStatus::held);
    EXPECT_EQ(replies[4].id, held.id);
    EXPECT_EQ(replies[4].status, LeaseStatus::lost);
}

TEST_P(TaskLeaseContract, AZombieCanChangeNothing) {
    const LeaseToken zombie = leased();
    clock.now_ms += 30'000;
    ASSERT_THAT(expire_leases().requeued, ElementsAre(zombie.id));
    EXPECT_EQ(complete(zombie, "zombie"), CompleteOutcome::stale);
    ASSERT_EQ(claim({.agent = "agent-2"}).size(), 1U);
    EXPECT_EQ(beat(zombie), LeaseStatus::lost);
    EXPECT_EQ(mark_running(zombie), LeaseStatus::lost);
    EXPECT_EQ(fail(zombie, false), FailOutcome::stale);
    EXPECT_EQ(complete(zombie, "zombie"), CompleteOutcome::stale);
    EXPECT_EQ(get(zombie.id).state, TaskState::leased);
    EXPECT_EQ(complete({zombie.id, 2, "agent-2"}, "real"), CompleteOutcome::completed);
    EXPECT_EQ(complete(zombie, "zombie"), CompleteOutcome::stale);
    EXPECT_EQ(get(zombie.id).result, "real");
}

TEST_P(TaskLeaseContract, TheSameAgentsOlderAttemptIsAZombieToo) {
    const LeaseToken first = leased();
    release("agent-1", false);
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    EXPECT_EQ(beat(first), LeaseStatus::lost);
    EXPECT_EQ(complete(first), CompleteOutcome::stale);
    EXPECT_EQ(complete({first.id, 2, "agent-1"}), CompleteOutcome::completed);
}

TEST_P(TaskLeaseContract, AWaitingTaskIsCancelledAtOnce) {
    const TaskId id = submit();
    EXPECT_EQ(cancel(id), CancelOutcome::cancelled);
    EXPECT_EQ(get(id).state, TaskState::cancelled);
    EXPECT_EQ(get(id).finished_ms, clock.now_ms);
    ASSERT_TRUE(get(id).error);
    EXPECT_EQ(get(id).error->code, ErrorCode::cancelled);
    EXPECT_EQ(cancel(id), CancelOutcome::already_final);
    EXPECT_THAT(claim({.agent = "agent-1"}), IsEmpty());
}

TEST_P(TaskLeaseContract, ACancelOfAHeldTaskBeatsItsResult) {
    const LeaseToken token = leased();
    EXPECT_EQ(cancel(token.id), CancelOutcome::requested);
    EXPECT_EQ(cancel(token.id), CancelOutcome::requested);
    EXPECT_EQ(beat(token), LeaseStatus::cancel_requested);
    EXPECT_EQ(mark_running(token), LeaseStatus::cancel_requested);
    EXPECT_EQ(complete(token, "late"), CompleteOutcome::cancelled);
    EXPECT_EQ(complete(token, "late"), CompleteOutcome::cancelled);
    const domain::Task task = get(token.id);
    EXPECT_EQ(task.state, TaskState::cancelled);
    EXPECT_EQ(task.result, "");
}

TEST_P(TaskLeaseContract, ACancelAfterTheResultChangesNothing) {
    const LeaseToken token = leased();
    complete(token, "done");
    EXPECT_EQ(cancel(token.id), CancelOutcome::already_final);
    EXPECT_EQ(get(token.id).state, TaskState::succeeded);
    EXPECT_EQ(get(token.id).result, "done");
}

TEST_P(TaskLeaseContract, ACancelledTaskIsNeverRequeued) {
    const LeaseToken failed = leased();
    cancel(failed.id);
    EXPECT_EQ(fail(failed, true), FailOutcome::cancelled);
    const LeaseToken released = leased();
    cancel(released.id);
    EXPECT_THAT(release("agent-1", true).cancelled, ElementsAre(released.id));
    const LeaseToken silent = leased();
    cancel(silent.id);
    clock.now_ms += 30'000;
    EXPECT_THAT(expire_leases().cancelled, ElementsAre(silent.id));
    for (const LeaseToken& token : {failed, released, silent}) {
        EXPECT_EQ(get(token.id).state, TaskState::cancelled);
    }
    EXPECT_THAT(claim({.agent = "agent-1", .max_count = 10}), IsEmpty());
}

TEST_P(TaskLeaseContract, AFinalFailureIsNotRetried) {
    const LeaseToken token = leased();
    EXPECT_EQ(fail(token, false), FailOutcome::failed);
    const domain::Task task = get(token.id);
    EXPECT_EQ(task.state, TaskState::failed);
    ASSERT_TRUE(task.error);
    EXPECT_EQ(task.error->code, ErrorCode::resource_exhausted);
    EXPECT_EQ(task.error->message, "out of memory");
    EXPECT_EQ(task.finished_ms, clock.now_ms);
    EXPECT_EQ(fail(token, false), FailOutcome::stale);
}

TEST_P(TaskLeaseContract, ARetryableFailureIsRetriedOnce) {
    const LeaseToken first = leased();
    EXPECT_EQ(fail(first, true), FailOutcome::requeued);
    EXPECT_FALSE(get(first.id).error);
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    EXPECT_EQ(fail({first.id, 2, "agent-1"}, true), FailOutcome::dead);
    const domain::Task task = get(first.id);
    EXPECT_EQ(task.state, TaskState::dead);
    EXPECT_EQ(task.failures, 2);
    EXPECT_EQ(task.error->message, "gave up, failed twice: out of memory");
}

TEST_P(TaskLeaseContract, TheRetryPolicySetsBudgetAndPause) {
    reset({.max_failures = 2, .retry_delay_ms = 1'000});
    LeaseToken token = leased();
    for (int failure = 0; failure < 2; ++failure) {
        EXPECT_EQ(fail(token, true), FailOutcome::requeued);
        clock.now_ms += 999;
        EXPECT_THAT(claim({.agent = "agent-1"}), IsEmpty());
        clock.now_ms += 1;
        ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
        ++token.attempt;
    }
    EXPECT_EQ(fail(token, true), FailOutcome::dead);
}

TEST_P(TaskLeaseContract, ADeadAgentsTasksAreRequeuedAtOnce) {
    const LeaseToken first = leased();
    const LeaseToken second = leased();
    const LeaseToken finished = leased();
    complete(finished);
    submit();
    ASSERT_EQ(claim({.agent = "agent-2"}).size(), 1U);
    mark_running(second);

    const EndedLeases ended = release("agent-1", true);
    EXPECT_THAT(ended.requeued, UnorderedElementsAre(first.id, second.id));
    EXPECT_THAT(ended.dead, IsEmpty());
    EXPECT_EQ(get(second.id).state, TaskState::queued);
    EXPECT_FALSE(get(second.id).started_ms);
    EXPECT_EQ(get(finished.id).state, TaskState::succeeded);
    EXPECT_TRUE(release("agent-1", true).empty());
    const TaskCounts counts = wait(*store, &TaskStore::count, CountFilter{}).value();
    EXPECT_EQ(counts.at(TaskState::leased), 1);
}

TEST_P(TaskLeaseContract, ATaskThatKillsItsAgentTwiceIsDeadWithAReason) {
    const LeaseToken poison = leased();
    EXPECT_THAT(release("agent-1", true).requeued, ElementsAre(poison.id));
    ASSERT_EQ(claim({.agent = "agent-2"}).size(), 1U);
    EXPECT_THAT(release("agent-2", true).dead, ElementsAre(poison.id));
    const domain::Task task = get(poison.id);
    EXPECT_EQ(task.state, TaskState::dead);
    EXPECT_EQ(task.failures, 2);
    ASSERT_TRUE(task.error);
    EXPECT_EQ(task.error->code, ErrorCode::internal);
    EXPECT_EQ(task.error->message, "the engine stopped twice while drawing this picture");
    EXPECT_THAT(claim({.agent = "agent-3"}), IsEmpty());
}

TEST_P(TaskLeaseContract, ADrainCostsNothing) {
    TaskId id = submit();
    for (int i = 1; i <= 5; ++i) {
        const auto claimed = claim({.agent = "agent-1"});
        ASSERT_EQ(claimed.size(), 1U);
        EXPECT_EQ(claimed[0].attempt, i);
        EXPECT_THAT(release("agent-1", false).requeued, ElementsAre(id));
    }
    EXPECT_EQ(get(id).failures, 0);
}

TEST_P(TaskLeaseContract, SilenceTwiceIsDeadToo) {
    const LeaseToken token = leased();
    clock.now_ms += 30'000;
    EXPECT_THAT(expire_leases().requeued, ElementsAre(token.id));
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    clock.now_ms += 30'000;
    EXPECT_THAT(expire_leases().dead, ElementsAre(token.id));
}

TEST_P(TaskLeaseContract, AWaitingTaskExpiresAtItsDeadlineAndAHeldOneDoesNot) {
    domain::NewTask request = new_task();
    request.deadline_ms = clock.now_ms + 1'000;
    const TaskId held = submit(request);
    ASSERT_EQ(claim({.agent = "agent-1"}).size(), 1U);
    request.id = TaskId::random();
    const TaskId waiting = submit(request);
    clock.now_ms += 999;
    EXPECT_TRUE(expire_leases().empty());
    clock.now_ms += 1;
    EXPECT_THAT(expire_leases().expired, ElementsAre(waiting));
    EXPECT_EQ(get(waiting).state, TaskState::expired);
    EXPECT_EQ(get(waiting).error->code, ErrorCode::deadline_exceeded);
    EXPECT_EQ(get(held).state, TaskState::leased);
    EXPECT_EQ(cancel(waiting), CancelOutcome::already_final);
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    TaskLeaseContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
