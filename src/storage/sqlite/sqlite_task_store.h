// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "storage/sqlite/sqlite_database.h"
#include "storage/task_store.h"

namespace darkroom::storage {

struct SqliteTaskStoreOptions {
    domain::RetryPolicy retry = {};
};

/// TaskStore in a SqliteDatabase.
class SqliteTaskStore final : public TaskStore {
  public:
    /// Puts every task that was held back into the queue at no cost: the agents of the last server
    /// are gone, and its boot clock may be too. Fails with corrupt_input, insufficient_storage
    /// (full disk) or unavailable.
    static Result<std::unique_ptr<SqliteTaskStore>> open(
        std::shared_ptr<SqliteDatabase> database, SqliteTaskStoreOptions options = {});

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

    /// Tasks that open() put back or, if they had been cancelled, ended.
    [[nodiscard]] const EndedLeases& recovered() const { return recovered_; }

  private:
    SqliteTaskStore(std::shared_ptr<SqliteDatabase> database, SqliteTaskStoreOptions options);

    domain::FailureContext failure_context();

    std::shared_ptr<SqliteDatabase> database_;
    Clock& clock_;
    ConnectionThread& writer_;
    ConnectionThread& reader_;
    SqliteTaskStoreOptions options_;
    EndedLeases recovered_;
};

}  // namespace darkroom::storage
