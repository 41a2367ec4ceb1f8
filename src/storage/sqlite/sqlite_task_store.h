// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "storage/sqlite/database_lock.h"
#include "storage/sqlite/writer.h"
#include "storage/task_store.h"

namespace darkroom::storage {

struct SqliteTaskStoreOptions {
    domain::RetryPolicy retry = {};
    /// Submits fail with resource_exhausted once the file has this size; 0 for no limit.
    std::uint64_t max_bytes = 0;
};

/// TaskStore in one SQLite file: WAL, synchronous=FULL, one writer thread that groups commits.
class SqliteTaskStore final : public TaskStore {
  public:
    /// Opens or creates the file, brings its schema up to date and puts every task that was held
    /// back into the queue at no cost: the agents of the last server are gone, and its boot clock
    /// may be too. `clock` must outlive the store.
    ///
    /// Fails with not_found or permission_denied (folder), conflict (another server has it open),
    /// corrupt_input (damaged, or no task database), unimplemented (written by a newer version),
    /// resource_exhausted (full disk) or unavailable.
    static Result<std::unique_ptr<SqliteTaskStore>> open(
        const std::filesystem::path& path, Clock& clock, SqliteTaskStoreOptions options = {});

    void submit(domain::NewTask request, Completion<Submitted> done) override;
    void get(domain::TaskId id, Completion<domain::Task> done) override;
    void find(TaskName name, Completion<domain::Task> done) override;
    void list(TaskFilter filter, Completion<std::vector<domain::Task>> done) override;
    void count(CountFilter filter, Completion<TaskCounts> done) override;
    void claim(ClaimRequest request, Completion<std::vector<domain::Task>> done) override;
    void heartbeat(Heartbeat request, Completion<std::vector<HeartbeatReply>> done) override;
    void mark_running(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override;
    void mark_uploading(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override;
    void complete(FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) override;
    void fail(FailedAttempt attempt, Completion<domain::FailOutcome> done) override;
    void release_agent(AgentRelease request, Completion<EndedLeases> done) override;
    void cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) override;
    void expire_leases(Completion<EndedLeases> done) override;

    /// Tasks that open() put back or, if they had been cancelled, ended.
    [[nodiscard]] const EndedLeases& recovered() const { return recovered_; }

    /// For metrics.
    [[nodiscard]] Writer::Counters counters() const { return writer_.counters(); }

  private:
    struct Opened;

    SqliteTaskStore(Opened opened, Clock& clock, SqliteTaskStoreOptions options);

    domain::FailureContext failure_context();

    Clock& clock_;
    SqliteTaskStoreOptions options_;
    EndedLeases recovered_;
    DatabaseLock lock_;
    Writer writer_;
};

}  // namespace darkroom::storage
