// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/task.h"
#include "domain/task_lifecycle.h"
#include "storage/completion.h"
#include "storage/task_requests.h"

namespace darkroom::storage {

/// The durable queue of tasks: the task row is the truth, the queue is a query over it.
///
/// Safe to call from any thread and never blocks. The completion runs after COMMIT: on the store's
/// own thread, or, in the memory store and for a request that `validate` refuses, before the call
/// returns. A store reads its clock when it is called. Leases are on the boot clock and end when
/// the store is opened anew; everything else is on the wall clock.
///
/// Every operation can fail with unavailable or insufficient_storage (full disk); nothing of it has
/// then been acknowledged, and it may be repeated. An identifier, name or number that `validate`
/// refuses fails with invalid_argument.
class TaskStore {
  public:
    virtual ~TaskStore() = default;

    /// Adds a task. The same (tenant, idempotency_key) with the same kind and body hash gives the
    /// first row again; else it fails with conflict, field "idempotency_key". An id that is taken
    /// fails with conflict, field "task_id". A new task that would pass the request's bounds fails
    /// with resource_exhausted, field kQueuedTasksQuota or kQueuedSecondsQuota.
    virtual void submit(domain::NewTask request, Completion<Submitted> done) = 0;

    /// Fails with not_found.
    virtual void get(domain::TaskId id, Completion<domain::Task> done) = 0;

    /// The tenant's task that was submitted under that key. Fails with not_found.
    virtual void find(TaskName name, Completion<domain::Task> done) = 0;

    /// Newest first. An unknown `before` gives an empty page.
    virtual void list(TaskFilter filter, Completion<std::vector<domain::Task>> done) = 0;

    virtual void count(CountFilter filter, Completion<TaskCounts> done) = 0;

    /// What an agent could claim now, by checkpoint and priority, in the order of the names and
    /// from the highest priority down.
    virtual void backlog(Completion<std::vector<BacklogEntry>> done) = 0;

    /// The work that waits, be it claimable yet or not.
    virtual void queued_work(CountFilter filter, Completion<QueuedWork> done) = 0;

    /// Leases waiting tasks to an agent: higher priority first, then lower vft, then the order of
    /// submission. A suspect that comes first is leased alone, to an agent that takes suspects;
    /// what comes after a suspect waits for it, so that an agent that goes on drawing does not pass
    /// it by for ever. Nothing claimable is an empty list.
    virtual void claim(ClaimRequest request, Completion<std::vector<domain::Task>> done) = 0;

    /// Renews the leases an agent believes to hold; one reply per task, in the same order.
    virtual void heartbeat(Heartbeat request, Completion<std::vector<HeartbeatReply>> done) = 0;

    /// leased -> running. An unknown task is lost.
    virtual void mark_running(domain::LeaseToken token, Completion<domain::LeaseStatus> done) = 0;

    /// leased or running -> uploading. An unknown task is lost.
    virtual void mark_uploading(domain::LeaseToken token, Completion<domain::LeaseStatus> done) = 0;

    /// Commits a result, fenced by the attempt. May be repeated after an unknown outcome. An
    /// unknown task is stale.
    virtual void complete(FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) = 0;

    /// Ends an attempt without a result: requeued, failed or, past the retry policy, dead.
    virtual void fail(FailedAttempt attempt, Completion<domain::FailOutcome> done) = 0;

    /// Takes every task of an agent that died or drains away from it.
    virtual void release_agent(AgentRelease request, Completion<EndedLeases> done) = 0;

    /// Cancels a waiting task at once and asks the agent of a held one to stop. Fails with
    /// not_found.
    virtual void cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) = 0;

    /// The reaper: ends leases that ran out (as failures) and tasks that waited past their
    /// deadline.
    virtual void expire_leases(Completion<EndedLeases> done) = 0;

    /// Removes a task that has ended, with its events; what it used stays on the account, and its
    /// key may be used again. Fails with not_found, and with conflict while it has not ended.
    virtual void remove(domain::TaskId id, Completion<void> done) = 0;

    /// Tasks that ended before a time that may be each tenant's own, to be removed: tenant by
    /// tenant, each one's oldest first.
    virtual void list_ended(EndedFilter filter, Completion<std::vector<EndedTask>> done) = 0;

    /// The last tasks that succeeded and whose device time is known, in the order of their ends.
    virtual void list_drawn(DrawnFilter filter, Completion<std::vector<DrawnTask>> done) = 0;

    /// Notes that the pictures of a task that has ended are removed while its row stays. Fails with
    /// not_found, and with conflict while it has not ended.
    virtual void give_up_pictures(domain::TaskId id, Completion<void> done) = 0;

    /// The log: every change of a task's state, written with the change. Events of a task are
    /// removed with it.
    virtual void events(EventFilter filter, Completion<EventPage> done) = 0;

    /// What tenants used by model and day of submission, removed tasks included; ordered by
    /// tenant, day, model.
    virtual void usage(UsageFilter filter, Completion<std::vector<domain::Usage>> done) = 0;
};

}  // namespace darkroom::storage
