// SPDX-License-Identifier: Apache-2.0
#include "domain/task_lifecycle.h"

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

constexpr std::int64_t kNow = 5'000;

Task queued_task() {
    return make_task(
        NewTask{
            .tenant = "studio",
            .kind = "txt2img",
            .model = "icons-128",
            .request = "{}",
            .body_hash = "hash"},
        1'000);
}

struct Leased {
    Task task;
    LeaseToken token;
};

Leased leased_task() {
    Task task = queued_task();
    grant_lease(task, "agent-1", 40'000);
    LeaseToken token{task.id, task.attempt, "agent-1"};
    return Leased{std::move(task), std::move(token)};
}

FailureContext context_with(RetryPolicy policy) {
    return FailureContext{.policy = policy, .wall_ms = kNow};
}

TEST(TaskLifecycle, ALeaseCountsTheAttemptUp) {
    const Leased leased = leased_task();
    EXPECT_EQ(leased.task.state, TaskState::leased);
    EXPECT_EQ(leased.task.attempt, 1);
    EXPECT_EQ(leased.task.owner, "agent-1");
    EXPECT_EQ(leased.task.lease_until_ms, 40'000);
}

TEST(TaskLifecycle, OnlyTheExactTokenHoldsATask) {
    const Leased leased = leased_task();
    EXPECT_TRUE(holds(leased.task, leased.token));
    EXPECT_FALSE(holds(leased.task, LeaseToken{leased.task.id, 0, "agent-1"}));
    EXPECT_FALSE(holds(leased.task, LeaseToken{leased.task.id, 2, "agent-1"}));
    EXPECT_FALSE(holds(leased.task, LeaseToken{leased.task.id, 1, "agent-2"}));
}

TEST(TaskLifecycle, RunningIsStampedOnceAndUploadingDoesNotGoBack) {
    Leased leased = leased_task();
    EXPECT_EQ(begin_running(leased.task, leased.token, 2'000), LeaseStatus::held);
    EXPECT_EQ(begin_running(leased.task, leased.token, 3'000), LeaseStatus::held);
    EXPECT_EQ(leased.task.started_ms, 2'000);
    EXPECT_EQ(begin_uploading(leased.task, leased.token), LeaseStatus::held);
    EXPECT_EQ(begin_running(leased.task, leased.token, 4'000), LeaseStatus::held);
    EXPECT_EQ(leased.task.state, TaskState::uploading);
}

TEST(TaskLifecycle, AFinishedTaskIgnoresEveryCall) {
    Leased leased = leased_task();
    ASSERT_EQ(complete(leased.task, leased.token, {"{\"a\":1}"}, kNow), CompleteOutcome::completed);
    EXPECT_EQ(leased.task.finished_ms, kNow);
    EXPECT_FALSE(leased.task.lease_until_ms);

    EXPECT_EQ(complete(leased.task, leased.token, {"{}"}, 9'000), CompleteOutcome::completed);
    EXPECT_EQ(leased.task.result, "{\"a\":1}");
    EXPECT_EQ(leased.task.finished_ms, kNow);
    EXPECT_EQ(
        complete(leased.task, LeaseToken{leased.task.id, 1, "agent-2"}, {"{}"}, kNow),
        CompleteOutcome::stale);
    EXPECT_EQ(fail(leased.task, leased.token, TaskFailure{}, context_with({})), FailOutcome::stale);
    EXPECT_EQ(renew_lease(leased.task, leased.token, 1), LeaseStatus::lost);
    EXPECT_EQ(begin_uploading(leased.task, leased.token), LeaseStatus::lost);
    EXPECT_EQ(cancel(leased.task, kNow), CancelOutcome::already_final);
    EXPECT_EQ(leased.task.state, TaskState::succeeded);
    EXPECT_FALSE(leased.task.cancel_requested);
}

TEST(TaskLifecycle, ACancelBeforeTheEndWins) {
    Leased leased = leased_task();
    EXPECT_EQ(cancel(leased.task, 2'000), CancelOutcome::requested);
    EXPECT_EQ(renew_lease(leased.task, leased.token, 50'000), LeaseStatus::cancel_requested);
    EXPECT_EQ(complete(leased.task, leased.token, {"{}"}, kNow), CompleteOutcome::cancelled);
    EXPECT_EQ(leased.task.state, TaskState::cancelled);
    EXPECT_EQ(leased.task.result, "");
    EXPECT_EQ(leased.task.finished_ms, kNow);
    EXPECT_EQ(complete(leased.task, leased.token, {"{}"}, kNow), CompleteOutcome::cancelled);
}

TEST(TaskLifecycle, ACancelledTaskSaysSoHoweverItEnded) {
    Task waiting = queued_task();
    EXPECT_EQ(cancel(waiting, kNow), CancelOutcome::cancelled);
    Leased completed = leased_task();
    cancel(completed.task, kNow);
    complete(completed.task, completed.token, {"{}"}, kNow);
    Leased failed = leased_task();
    cancel(failed.task, kNow);
    fail(failed.task, failed.token, {{ErrorCode::internal, "out of paper"}}, context_with({}));
    Leased released = leased_task();
    cancel(released.task, kNow);
    release(released.task, Release{}, context_with({}));
    for (const Task& task : {waiting, completed.task, failed.task, released.task}) {
        EXPECT_EQ(task.state, TaskState::cancelled);
        ASSERT_TRUE(task.error);
        EXPECT_EQ(task.error->code, ErrorCode::cancelled);
        EXPECT_EQ(task.error->message, "the task was cancelled");
    }
}

TEST(TaskLifecycle, ARetryableFailureIsForgivenAsOftenAsThePolicySays) {
    const RetryPolicy policy{.max_failures = 2, .retry_delay_ms = 300};
    Task task = queued_task();
    for (const FailOutcome expected :
         {FailOutcome::requeued, FailOutcome::requeued, FailOutcome::dead}) {
        grant_lease(task, "agent-1", 40'000);
        const LeaseToken token{task.id, task.attempt, "agent-1"};
        const TaskFailure failure{
            Error{ErrorCode::resource_exhausted, "out of memory"}, /*is_retryable=*/true};
        EXPECT_EQ(fail(task, token, failure, context_with(policy)), expected);
        if (expected == FailOutcome::requeued) {
            EXPECT_EQ(task.owner, "");
            EXPECT_FALSE(is_claimable(task, kNow + 299));
            EXPECT_TRUE(is_claimable(task, kNow + 300));
        }
    }
    EXPECT_EQ(task.state, TaskState::dead);
    ASSERT_TRUE(task.error);
    EXPECT_EQ(task.error->code, ErrorCode::resource_exhausted);
    EXPECT_EQ(task.error->message, "gave up, failed 3 times: out of memory");
}

TEST(TaskLifecycle, AFinalFailureKeepsItsError) {
    Leased leased = leased_task();
    const TaskFailure failure{Error{ErrorCode::invalid_argument, "no such LoRA", "prompt"}};
    EXPECT_EQ(fail(leased.task, leased.token, failure, context_with({})), FailOutcome::failed);
    ASSERT_TRUE(leased.task.error);
    EXPECT_EQ(leased.task.error->field, "prompt");
    EXPECT_EQ(leased.task.error->message, "no such LoRA");
}

TEST(TaskLifecycle, ACrashTwiceKillsTheTaskAndADrainNever) {
    Task task = queued_task();
    for (int drain = 0; drain < 5; ++drain) {
        grant_lease(task, "agent-1", 40'000);
        EXPECT_EQ(
            release(task, Release{.counts_as_failure = false}, context_with({})),
            ReleaseOutcome::requeued);
    }
    EXPECT_EQ(task.failures, 0);
    EXPECT_EQ(task.attempt, 5);
    grant_lease(task, "agent-1", 40'000);
    EXPECT_EQ(release(task, Release{}, context_with({})), ReleaseOutcome::requeued);
    grant_lease(task, "agent-2", 40'000);
    EXPECT_EQ(release(task, Release{}, context_with({})), ReleaseOutcome::dead);
    ASSERT_TRUE(task.error);
    EXPECT_EQ(task.error->message, "the engine stopped twice while drawing this picture");
}

TEST(TaskLifecycle, ADrainNeverKillsATaskThatAlreadyFailed) {
    Task task = queued_task();
    grant_lease(task, "agent-1", 40'000);
    ASSERT_EQ(
        release(task, Release{}, context_with({.max_failures = 1})), ReleaseOutcome::requeued);
    grant_lease(task, "agent-1", 40'000);
    EXPECT_EQ(
        release(task, Release{.counts_as_failure = false}, context_with({.max_failures = 0})),
        ReleaseOutcome::requeued);
}

TEST(TaskLifecycle, ACancelledTaskIsNotRequeuedWhenItsAgentDies) {
    Leased leased = leased_task();
    cancel(leased.task, 2'000);
    EXPECT_EQ(release(leased.task, Release{}, context_with({})), ReleaseOutcome::cancelled);
    EXPECT_EQ(leased.task.finished_ms, kNow);
}

TEST(TaskLifecycle, OnlyAWaitingTaskExpires) {
    Task task = queued_task();
    EXPECT_FALSE(expire(task, kNow));
    task.deadline_ms = kNow;
    EXPECT_FALSE(expire(task, kNow - 1));
    EXPECT_TRUE(is_claimable(task, kNow - 1));
    EXPECT_FALSE(is_claimable(task, kNow));

    Task held = task;
    grant_lease(held, "agent-1", 40'000);
    EXPECT_FALSE(expire(held, kNow));

    EXPECT_TRUE(expire(task, kNow));
    EXPECT_EQ(task.state, TaskState::expired);
    EXPECT_EQ(task.error->code, ErrorCode::deadline_exceeded);
}

TEST(TaskLifecycle, LeasingATaskThatDoesNotWaitIsABrokenInvariant) {
    Leased leased = leased_task();
    EXPECT_THROW(grant_lease(leased.task, "agent-2", 1), ContractViolation);
    EXPECT_EQ(leased.task.owner, "agent-1");
}

}  // namespace
}  // namespace darkroom::domain
