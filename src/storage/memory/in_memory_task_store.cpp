// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/in_memory_task_store.h"

#include <utility>

namespace darkroom::storage {

InMemoryTaskStore::InMemoryTaskStore(Clock& clock, domain::RetryPolicy policy)
    : clock_(clock), policy_(policy) {}

domain::FailureContext InMemoryTaskStore::failure_context() {
    return domain::FailureContext{.policy = policy_, .wall_ms = clock_.wall_ms()};
}

void InMemoryTaskStore::submit(domain::NewTask request, Completion<Submitted> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    Result<Submitted> submitted = table_.lock()->insert(std::move(request), clock_.wall_ms());
    done(std::move(submitted));
}

void InMemoryTaskStore::get(domain::TaskId id, Completion<domain::Task> done) {
    Result<domain::Task> found = no_such_task();
    if (const auto table = table_.lock(); const domain::Task* task = table->find(id)) found = *task;
    done(std::move(found));
}

void InMemoryTaskStore::find(TaskName name, Completion<domain::Task> done) {
    if (const Result<void> valid = validate(name); !valid) return done(valid.error());
    Result<domain::Task> found = no_such_task();
    if (const auto table = table_.lock(); const domain::Task* task = table->find(name))
        found = *task;
    done(std::move(found));
}

void InMemoryTaskStore::list(TaskFilter filter, Completion<std::vector<domain::Task>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    std::vector<domain::Task> page = table_.lock()->list(filter);
    done(std::move(page));
}

void InMemoryTaskStore::count(CountFilter filter, Completion<TaskCounts> done) {
    TaskCounts counts = table_.lock()->count(filter);
    done(std::move(counts));
}

void InMemoryTaskStore::backlog(Completion<std::vector<BacklogEntry>> done) {
    std::vector<BacklogEntry> entries = table_.lock()->backlog(clock_.wall_ms());
    done(std::move(entries));
}

void InMemoryTaskStore::queued_work(CountFilter filter, Completion<QueuedWork> done) {
    QueuedWork work;
    {
        const auto table = table_.lock();
        for (const domain::Task* task : table->all()) {
            if (task->state != domain::TaskState::queued) continue;
            if (filter.tenant && *filter.tenant != task->tenant) continue;
            work.tasks += 1;
            work.seconds += task->cost_s;
        }
    }
    done(work);
}

void InMemoryTaskStore::claim(ClaimRequest request, Completion<std::vector<domain::Task>> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    std::vector<domain::Task> claimed;
    {
        const auto table = table_.lock();
        const std::int64_t lease_until_ms = clock_.boot_ms() + request.lease_ms;
        for (domain::Task* task : table->claimable(request, clock_.wall_ms())) {
            table->change(*task, clock_.wall_ms(), [&](domain::Task& row) {
                domain::grant_lease(row, request.agent, lease_until_ms);
                return true;
            });
            claimed.push_back(*task);
        }
    }
    done(std::move(claimed));
}

void InMemoryTaskStore::heartbeat(Heartbeat request, Completion<std::vector<HeartbeatReply>> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    std::vector<HeartbeatReply> replies;
    {
        const auto table = table_.lock();
        const std::int64_t lease_until_ms = clock_.boot_ms() + request.lease_ms;
        for (const HeldTask& held : request.tasks) {
            HeartbeatReply reply{held.id};
            const domain::LeaseToken token{held.id, held.attempt, request.agent};
            if (domain::Task* task = table->find(held.id)) {
                reply.status = domain::renew_lease(*task, token, lease_until_ms);
            }
            replies.push_back(std::move(reply));
        }
    }
    done(std::move(replies));
}

void InMemoryTaskStore::mark_running(
    domain::LeaseToken token, Completion<domain::LeaseStatus> done) {
    domain::LeaseStatus status = domain::LeaseStatus::lost;
    if (const auto table = table_.lock(); domain::Task* task = table->find(token.id)) {
        const std::int64_t now = clock_.wall_ms();
        status = table->change(
            *task, now, [&](domain::Task& row) { return domain::begin_running(row, token, now); });
    }
    done(status);
}

void InMemoryTaskStore::mark_uploading(
    domain::LeaseToken token, Completion<domain::LeaseStatus> done) {
    domain::LeaseStatus status = domain::LeaseStatus::lost;
    if (const auto table = table_.lock(); domain::Task* task = table->find(token.id)) {
        status = table->change(*task, clock_.wall_ms(), [&](domain::Task& row) {
            return domain::begin_uploading(row, token);
        });
    }
    done(status);
}

void InMemoryTaskStore::complete(
    FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) {
    if (const Result<void> valid = validate(attempt); !valid) return done(valid.error());
    domain::CompleteOutcome outcome = domain::CompleteOutcome::stale;
    if (const auto table = table_.lock(); domain::Task* task = table->find(attempt.token.id)) {
        const std::int64_t now = clock_.wall_ms();
        domain::TaskOutput output{
            std::move(attempt.result), attempt.result_bytes, attempt.device_s};
        outcome = table->change(*task, now, [&](domain::Task& row) {
            return domain::complete(row, attempt.token, std::move(output), now);
        });
    }
    done(outcome);
}

void InMemoryTaskStore::fail(FailedAttempt attempt, Completion<domain::FailOutcome> done) {
    domain::FailOutcome outcome = domain::FailOutcome::stale;
    if (const auto table = table_.lock(); domain::Task* task = table->find(attempt.token.id)) {
        const domain::FailureContext context = failure_context();
        outcome = table->change(*task, context.wall_ms, [&](domain::Task& row) {
            return domain::fail(row, attempt.token, std::move(attempt.failure), context);
        });
    }
    done(outcome);
}

void InMemoryTaskStore::release_agent(AgentRelease request, Completion<EndedLeases> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    EndedLeases ended;
    {
        const auto table = table_.lock();
        const domain::Release how{.counts_as_failure = request.counts_as_failure};
        const domain::FailureContext context = failure_context();
        for (domain::Task* task : table->all()) {
            if (!domain::is_held(task->state) || task->owner != request.agent) continue;
            const auto outcome = table->change(*task, context.wall_ms, [&](domain::Task& row) {
                return domain::release(row, how, context);
            });
            ended.add(task->id, outcome);
        }
    }
    done(std::move(ended));
}

void InMemoryTaskStore::cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) {
    Result<domain::CancelOutcome> outcome = no_such_task();
    if (const auto table = table_.lock(); domain::Task* task = table->find(id)) {
        const std::int64_t now = clock_.wall_ms();
        outcome =
            table->change(*task, now, [&](domain::Task& row) { return domain::cancel(row, now); });
    }
    done(std::move(outcome));
}

void InMemoryTaskStore::expire_leases(Completion<EndedLeases> done) {
    EndedLeases ended;
    {
        const auto table = table_.lock();
        const std::int64_t boot_ms = clock_.boot_ms();
        const domain::FailureContext context = failure_context();
        const auto release = [&](domain::Task& row) { return domain::release(row, {}, context); };
        const auto expire = [&](domain::Task& row) { return domain::expire(row, context.wall_ms); };
        for (domain::Task* task : table->all()) {
            const bool has_run_out =
                domain::is_held(task->state) && *task->lease_until_ms <= boot_ms;
            if (has_run_out) {
                ended.add(task->id, table->change(*task, context.wall_ms, release));
            } else if (table->change(*task, context.wall_ms, expire)) {
                ended.expired.push_back(task->id);
            }
        }
    }
    done(std::move(ended));
}

void InMemoryTaskStore::remove(domain::TaskId id, Completion<void> done) {
    Result<void> removed = table_.lock()->remove(id);
    done(std::move(removed));
}

void InMemoryTaskStore::list_ended(EndedFilter filter, Completion<std::vector<EndedTask>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    std::vector<EndedTask> ended = table_.lock()->list_ended(filter);
    done(std::move(ended));
}

void InMemoryTaskStore::list_drawn(DrawnFilter filter, Completion<std::vector<DrawnTask>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    std::vector<DrawnTask> drawn = table_.lock()->list_drawn(filter);
    done(std::move(drawn));
}

void InMemoryTaskStore::give_up_pictures(domain::TaskId id, Completion<void> done) {
    Result<void> outcome;
    if (const auto table = table_.lock(); domain::Task* task = table->find(id)) {
        if (domain::is_final(task->state)) {
            task->pictures_removed_ms = task->pictures_removed_ms.value_or(clock_.wall_ms());
        } else {
            outcome = task_not_final();
        }
    } else {
        outcome = no_such_task();
    }
    done(std::move(outcome));
}

void InMemoryTaskStore::events(EventFilter filter, Completion<EventPage> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    EventPage page = table_.lock()->events(filter);
    done(std::move(page));
}

void InMemoryTaskStore::usage(UsageFilter filter, Completion<std::vector<domain::Usage>> done) {
    if (const Result<void> valid = validate(filter); !valid) return done(valid.error());
    std::vector<domain::Usage> rows = table_.lock()->usage(filter);
    done(std::move(rows));
}

}  // namespace darkroom::storage
