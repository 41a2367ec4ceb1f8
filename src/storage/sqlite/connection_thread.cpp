// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/connection_thread.h"

#include <utility>

namespace darkroom::storage {
namespace {

/// Bounds how long the first caller of a batch waits for the last one's work.
constexpr std::size_t kLargestBatch = 256;

}  // namespace

ConnectionThread::ConnectionThread(Connection connection, Access access)
    : connection_(std::move(connection)), access_(access), thread_([this] { loop(); }) {}

ConnectionThread::~ConnectionThread() {
    queue_.lock()->is_closed = true;
    ++changes_;
    changes_.notify_one();
    thread_.join();
}

ConnectionThread::Counters ConnectionThread::counters() const {
    return Counters{.operations = operations_, .commits = commits_};
}

void ConnectionThread::add(std::unique_ptr<Operation> operation) {
    queue_.lock()->waiting.push_back(std::move(operation));
    ++changes_;
    changes_.notify_one();
}

void ConnectionThread::loop() {
    for (Operations batch = next_batch(); !batch.empty(); batch = next_batch()) {
        const Result<void> committed = commit(batch);
        for (const auto& operation : batch)
            operation->finish(committed);
    }
}

ConnectionThread::Operations ConnectionThread::next_batch() {
    while (true) {
        const std::uint32_t seen = changes_;
        {
            const auto queue = queue_.lock();
            Operations batch;
            while (!queue->waiting.empty() && batch.size() < kLargestBatch) {
                batch.push_back(std::move(queue->waiting.front()));
                queue->waiting.pop_front();
            }
            if (!batch.empty() || queue->is_closed) return batch;
        }
        changes_.wait(seen);
    }
}

Result<void> ConnectionThread::commit(const Operations& batch) {
    operations_ += batch.size();
    Result<void> outcome = run_transaction(batch);
    if (outcome) ++commits_;
    // Should this fail, the next BEGIN says so to the next callers.
    if (connection_.is_in_transaction()) static_cast<void>(connection_.run("ROLLBACK"));
    return outcome;
}

Result<void> ConnectionThread::run_transaction(const Operations& batch) {
    if (access_ == Access::read) {
        DARKROOM_TRY(connection_.run("BEGIN"));
        // A failed one is its caller's affair: there is nothing to roll back.
        for (const auto& operation : batch)
            static_cast<void>(operation->run(connection_));
        return connection_.run("COMMIT");
    }
    DARKROOM_TRY(connection_.run("BEGIN IMMEDIATE"));
    for (const auto& operation : batch)
        DARKROOM_TRY(run_in_savepoint(*operation));
    return connection_.run("COMMIT");
}

Result<void> ConnectionThread::run_in_savepoint(Operation& operation) {
    DARKROOM_TRY(connection_.run("SAVEPOINT operation"));
    Result<void> outcome = operation.run(connection_);
    if (!connection_.is_in_transaction()) {
        // A full disk, for one, makes SQLite roll everything back behind our back.
        if (!outcome) return outcome;
        return Error{ErrorCode::unavailable, "the task database ended a transaction by itself"};
    }
    if (!outcome) DARKROOM_TRY(connection_.run("ROLLBACK TO operation"));
    return connection_.run("RELEASE operation");
}

}  // namespace darkroom::storage
