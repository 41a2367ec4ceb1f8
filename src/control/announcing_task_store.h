// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cluster/event_bus.h"
#include "storage/task_store.h"

namespace darkroom::control {

/// A TaskStore that says LogChanged on the bus after every commit that may have logged an event.
class AnnouncingTaskStore final : public storage::TaskStore {
  public:
    template <class T>
    using Completion = storage::Completion<T>;

    /// `store` outlives this one, and `bus` outlives `store`.
    AnnouncingTaskStore(storage::TaskStore& store, cluster::EventBus& bus)
        : store_(store), bus_(bus) {}

    void submit(domain::NewTask request, Completion<storage::Submitted> done) override;
    void get(domain::TaskId id, Completion<domain::Task> done) override;
    void find(storage::TaskName name, Completion<domain::Task> done) override;
    void list(storage::TaskFilter filter, Completion<std::vector<domain::Task>> done) override;
    void count(storage::CountFilter filter, Completion<storage::TaskCounts> done) override;
    void backlog(Completion<std::vector<storage::BacklogEntry>> done) override;
    void queued_work(storage::CountFilter filter, Completion<storage::QueuedWork> done) override;
    void claim(storage::ClaimRequest request, Completion<std::vector<domain::Task>> done) override;
    void heartbeat(
        storage::Heartbeat request, Completion<std::vector<storage::HeartbeatReply>> done) override;
    void mark_running(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override;
    void mark_uploading(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override;
    void complete(
        storage::FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) override;
    void fail(storage::FailedAttempt attempt, Completion<domain::FailOutcome> done) override;
    void release_agent(
        storage::AgentRelease request, Completion<storage::EndedLeases> done) override;
    void cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) override;
    void expire_leases(Completion<storage::EndedLeases> done) override;
    void remove(domain::TaskId id, Completion<void> done) override;
    void list_ended(
        storage::EndedFilter filter, Completion<std::vector<storage::EndedTask>> done) override;
    void list_drawn(
        storage::DrawnFilter filter, Completion<std::vector<storage::DrawnTask>> done) override;
    void give_up_pictures(domain::TaskId id, Completion<void> done) override;
    void events(storage::EventFilter filter, Completion<storage::EventPage> done) override;
    void usage(storage::UsageFilter filter, Completion<std::vector<domain::Usage>> done) override;

  private:
    storage::TaskStore& store_;
    cluster::EventBus& bus_;
};

}  // namespace darkroom::control
