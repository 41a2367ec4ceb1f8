// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_task_store.h"

#include <optional>
#include <utility>

#include "storage/sqlite/task_log.h"
#include "storage/sqlite/task_operations.h"
#include "storage/sqlite/task_row.h"
#include "storage/sqlite/task_usage.h"

namespace darkroom::storage {
namespace {

template <class T>
using Work = std::function<Result<T>(Connection&)>;

/// Applies a lifecycle function to one row; `if_absent` is the answer when there is none.
template <class Outcome, class Change>
Work<Outcome> change_task(
    domain::TaskId id, std::int64_t wall_ms, Result<Outcome> if_absent, Change change) {
    return [id = std::move(id),
            wall_ms,
            if_absent = std::move(if_absent),
            change = std::move(change)](Connection& connection) -> Result<Outcome> {
        DARKROOM_TRY_ASSIGN(
            const std::optional<domain::Task> before, find_task(connection, id, Payload::without));
        if (!before) return if_absent;
        domain::Task task = *before;
        const Outcome outcome = change(task);
        DARKROOM_TRY(update_task(connection, *before, task, wall_ms));
        return outcome;
    };
}

}  // namespace

Result<std::unique_ptr<SqliteTaskStore>> SqliteTaskStore::open(
    std::shared_ptr<SqliteDatabase> database, SqliteTaskStoreOptions options) {
    std::unique_ptr<SqliteTaskStore> store(new SqliteTaskStore(std::move(database), options));
    const auto start = [&](Completion<EndedLeases> done) {
        store->writer_.enqueue<EndedLeases>(
            [context = store->failure_context()](Connection& connection) {
                return release_all_leases(connection, context);
            },
            std::move(done));
    };
    Result<EndedLeases> recovered = wait<EndedLeases>(start);
    if (!recovered) return recovered.error().with_context("cannot put held tasks back");
    store->recovered_ = *std::move(recovered);
    return store;
}

SqliteTaskStore::SqliteTaskStore(
    std::shared_ptr<SqliteDatabase> database, SqliteTaskStoreOptions options)
    : database_(std::move(database)),
      clock_(database_->clock()),
      writer_(database_->writer()),
      reader_(database_->reader()),
      options_(options) {}

domain::FailureContext SqliteTaskStore::failure_context() {
    return domain::FailureContext{.policy = options_.retry, .wall_ms = clock_.wall_ms()};
}

void SqliteTaskStore::submit(domain::NewTask request, Completion<Submitted> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    writer_.enqueue<Submitted>(
        [request = std::move(request), now = clock_.wall_ms()](Connection& connection) {
            return submit_task(connection, request, now);
        },
        std::move(done));
}

void SqliteTaskStore::get(domain::TaskId id, Completion<domain::Task> done) {
    reader_.enqueue<domain::Task>(
        [id = std::move(id)](Connection& connection) { return get_task(connection, id); },
        std::move(done));
}

void SqliteTaskStore::find(TaskName name, Completion<domain::Task> done) {
    if (const Result<void> valid = validate(name); !valid) return done(valid.error());
    reader_.enqueue<domain::Task>(
        [name = std::move(name)](Connection& connection) {
            return find_named_task(connection, name);
        },
        std::move(done));
}

void SqliteTaskStore::list(TaskFilter filter, Completion<std::vector<domain::Task>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    reader_.enqueue<std::vector<domain::Task>>(
        [filter = std::move(filter)](Connection& connection) {
            return list_tasks(connection, filter);
        },
        std::move(done));
}

void SqliteTaskStore::count(CountFilter filter, Completion<TaskCounts> done) {
    reader_.enqueue<TaskCounts>(
        [filter = std::move(filter)](Connection& connection) {
            return count_tasks(connection, filter);
        },
        std::move(done));
}

void SqliteTaskStore::backlog(Completion<std::vector<BacklogEntry>> done) {
    writer_.enqueue<std::vector<BacklogEntry>>(
        [now = clock_.wall_ms()](Connection& connection) { return sum_backlog(connection, now); },
        std::move(done));
}

void SqliteTaskStore::queued_work(CountFilter filter, Completion<QueuedWork> done) {
    writer_.enqueue<QueuedWork>(
        [filter = std::move(filter)](Connection& connection) {
            return sum_queued(connection, filter);
        },
        std::move(done));
}

void SqliteTaskStore::claim(ClaimRequest request, Completion<std::vector<domain::Task>> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    const Moment now{.wall_ms = clock_.wall_ms(), .boot_ms = clock_.boot_ms()};
    writer_.enqueue<std::vector<domain::Task>>(
        [request = std::move(request), now](Connection& connection) {
            return claim_tasks(connection, request, now);
        },
        std::move(done));
}

void SqliteTaskStore::heartbeat(Heartbeat request, Completion<std::vector<HeartbeatReply>> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    const Moment now{.wall_ms = clock_.wall_ms(), .boot_ms = clock_.boot_ms()};
    writer_.enqueue<std::vector<HeartbeatReply>>(
        [request = std::move(request), now](Connection& connection) {
            return renew_leases(connection, request, now);
        },
        std::move(done));
}

void SqliteTaskStore::mark_running(domain::LeaseToken token, Completion<domain::LeaseStatus> done) {
    const std::int64_t now = clock_.wall_ms();
    writer_.enqueue(
        change_task<domain::LeaseStatus>(
            token.id,
            now,
            domain::LeaseStatus::lost,
            [token, now](domain::Task& task) { return domain::begin_running(task, token, now); }),
        std::move(done));
}

void SqliteTaskStore::mark_uploading(
    domain::LeaseToken token, Completion<domain::LeaseStatus> done) {
    writer_.enqueue(
        change_task<domain::LeaseStatus>(
            token.id,
            clock_.wall_ms(),
            domain::LeaseStatus::lost,
            [token](domain::Task& task) { return domain::begin_uploading(task, token); }),
        std::move(done));
}

void SqliteTaskStore::complete(FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) {
    if (const Result<void> valid = validate(attempt); !valid) return done(valid.error());
    const domain::TaskId id = attempt.token.id;
    const std::int64_t now = clock_.wall_ms();
    writer_.enqueue(
        change_task<domain::CompleteOutcome>(
            id,
            now,
            domain::CompleteOutcome::stale,
            [attempt = std::move(attempt), now](domain::Task& task) {
                const domain::TaskOutput output{
                    attempt.result, attempt.result_bytes, attempt.device_s};
                return domain::complete(task, attempt.token, output, now);
            }),
        std::move(done));
}

void SqliteTaskStore::fail(FailedAttempt attempt, Completion<domain::FailOutcome> done) {
    const domain::TaskId id = attempt.token.id;
    const domain::FailureContext context = failure_context();
    writer_.enqueue(
        change_task<domain::FailOutcome>(
            id,
            context.wall_ms,
            domain::FailOutcome::stale,
            [attempt = std::move(attempt), context](domain::Task& task) {
                return domain::fail(task, attempt.token, attempt.failure, context);
            }),
        std::move(done));
}

void SqliteTaskStore::release_agent(AgentRelease request, Completion<EndedLeases> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    writer_.enqueue<EndedLeases>(
        [request = std::move(request), context = failure_context()](Connection& connection) {
            return release_leases_of(connection, request, context);
        },
        std::move(done));
}

void SqliteTaskStore::cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) {
    const std::int64_t now = clock_.wall_ms();
    writer_.enqueue(
        change_task<domain::CancelOutcome>(
            std::move(id),
            now,
            no_such_task(),
            [now](domain::Task& task) { return domain::cancel(task, now); }),
        std::move(done));
}

void SqliteTaskStore::expire_leases(Completion<EndedLeases> done) {
    writer_.enqueue<EndedLeases>(
        [context = failure_context(), now = clock_.boot_ms()](Connection& connection) {
            return end_overdue(connection, context, now);
        },
        std::move(done));
}

void SqliteTaskStore::remove(domain::TaskId id, Completion<void> done) {
    writer_.enqueue<void>(
        [id = std::move(id)](Connection& connection) { return remove_task(connection, id); },
        std::move(done));
}

void SqliteTaskStore::list_ended(EndedFilter filter, Completion<std::vector<EndedTask>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    writer_.enqueue<std::vector<EndedTask>>(
        [filter = std::move(filter)](Connection& connection) {
            return list_ended_tasks(connection, filter);
        },
        std::move(done));
}

void SqliteTaskStore::list_drawn(DrawnFilter filter, Completion<std::vector<DrawnTask>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    reader_.enqueue<std::vector<DrawnTask>>(
        [filter](Connection& connection) { return list_drawn_tasks(connection, filter); },
        std::move(done));
}

void SqliteTaskStore::give_up_pictures(domain::TaskId id, Completion<void> done) {
    writer_.enqueue<void>(
        [id = std::move(id), now = clock_.wall_ms()](Connection& connection) {
            return give_up_pictures_of(connection, id, now);
        },
        std::move(done));
}

void SqliteTaskStore::events(EventFilter filter, Completion<EventPage> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    reader_.enqueue<EventPage>(
        [filter = std::move(filter)](Connection& connection) {
            return read_events(connection, filter);
        },
        std::move(done));
}

void SqliteTaskStore::usage(UsageFilter filter, Completion<std::vector<domain::Usage>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    reader_.enqueue<std::vector<domain::Usage>>(
        [filter = std::move(filter)](Connection& connection) {
            return sum_usage(connection, filter);
        },
        std::move(done));
}

}  // namespace darkroom::storage
