// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "storage/memory/task_table.h"
#include "storage/task_store.h"

namespace darkroom::storage {

/// TaskStore for tests: same rules, nothing survives it. Completions run before the call returns.
class InMemoryTaskStore final : public TaskStore {
  public:
    /// `clock` must outlive the store.
    explicit InMemoryTaskStore(Clock& clock, domain::RetryPolicy policy = {});

    void submit(domain::NewTask request, Completion<Submitted> done) override;
    void get(domain::TaskId id, Completion<domain::Task> done) override;
    void find(TaskName name, Completion<domain::Task> done) override;
    void list(TaskFilter filter, Completion<std::vector<domain::Task>> done) override;
    void count(CountFilter filter, Completion<TaskCounts> done) override;
    void backlog(Completion<std::vector<BacklogEntry>> done) override;
    void queued_work(CountFilter filter, Completion<QueuedWork> done) override;
    void claim(ClaimRequest request, Completion<std::vector<domain::Task>> done) override;
    void heartbeat(Heartbeat request, Completion<std::vector<HeartbeatReply>> done) override;
    void mark_running(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override;
    void mark_uploading(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override;
    void complete(FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) override;
    void fail(FailedAttempt attempt, Completion<domain::FailOutcome> done) override;
    void release_agent(AgentRelease request, Completion<EndedLeases> done) override;
    void cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) override;
    void expire_leases(Completion<EndedLeases> done) override;
    void remove(domain::TaskId id, Completion<void> done) override;
    void list_ended(EndedFilter filter, Completion<std::vector<EndedTask>> done) override;
    void list_drawn(DrawnFilter filter, Completion<std::vector<DrawnTask>> done) override;
    void give_up_pictures(domain::TaskId id, Completion<void> done) override;
    void events(EventFilter filter, Completion<EventPage> done) override;
    void usage(UsageFilter filter, Completion<std::vector<domain::Usage>> done) override;

    /// Told of every event as it is logged, under the store's lock; set before the first.
    void on_event(std::function<void(const domain::TaskEvent&)> listener) {
        table_.lock()->on_event(std::move(listener));
    }

  private:
    domain::FailureContext failure_context();

    Clock& clock_;
    domain::RetryPolicy policy_;
    Guarded<TaskTable> table_;
};

}  // namespace darkroom::storage
