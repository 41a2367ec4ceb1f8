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

void InMemoryTaskStore::claim(ClaimRequest request, Completion<std::vector<domain::Task>> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    std::vector<domain::Task> claimed;
    {
        const auto table = table_.lock();
        const std::int64_t lease_until_ms = clock_.boot_ms() + request.lease_ms;
        for (domain::Task* task : table->claimable(request, clock_.wall_ms())) {
            domain::grant_lease(*task, request.agent, lease_until_ms);
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
        status = domain::begin_running(*task, token, clock_.wall_ms());
    }
    done(status);
}

void InMemoryTaskStore::mark_uploading(
    domain::LeaseToken token, Completion<domain::LeaseStatus> done) {
    domain::LeaseStatus status = domain::LeaseStatus::lost;
    if (const auto table = table_.lock(); domain::Task* task = table->find(token.id)) {
        status = domain::begin_uploading(*task, token);
    }
    done(status);
}

void InMemoryTaskStore::complete(
    FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) {
    domain::CompleteOutcome outcome = domain::CompleteOutcome::stale;
    if (const auto table = table_.lock(); domain::Task* task = table->find(attempt.token.id)) {
        outcome =
            domain::complete(*task, attempt.token, std::move(attempt.result), clock_.wall_ms());
    }
    done(outcome);
}

void InMemoryTaskStore::fail(FailedAttempt attempt, Completion<domain::FailOutcome> done) {
    domain::FailOutcome outcome = domain::FailOutcome::stale;
    if (const auto table = table_.lock(); domain::Task* task = table->find(attempt.token.id)) {
        outcome = domain::fail(*task, attempt.token, std::move(attempt.failure), failure_context());
    }
    done(outcome);
}

void InMemoryTaskStore::release_agent(AgentRelease request, Completion<EndedLeases> done) {
    if (const Result<void> valid = validate(request); !valid) return done(valid.error());
    EndedLeases ended;
    {
        const auto table = table_.lock();
        const domain::Release how{.counts_as_failure = request.counts_as_failure};
        for (domain::Task* task : table->all()) {
            if (!domain::is_held(task->state) || task->owner != request.agent) continue;
            ended.add(task->id, domain::release(*task, how, failure_context()));
        }
    }
    done(std::move(ended));
}

void InMemoryTaskStore::cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) {
    Result<domain::CancelOutcome> outcome = no_such_task();
    if (const auto table = table_.lock(); domain::Task* task = table->find(id)) {
        outcome = domain::cancel(*task, clock_.wall_ms());
    }
    done(std::move(outcome));
}

void InMemoryTaskStore::expire_leases(Completion<EndedLeases> done) {
    EndedLeases ended;
    {
        const auto table = table_.lock();
        const std::int64_t boot_ms = clock_.boot_ms();
        for (domain::Task* task : table->all()) {
            if (domain::is_held(task->state) && *task->lease_until_ms <= boot_ms) {
                ended.add(task->id, domain::release(*task, {}, failure_context()));
            } else if (domain::expire(*task, clock_.wall_ms())) {
                ended.expired.push_back(task->id);
            }
        }
    }
    done(std::move(ended));
}

}  // namespace darkroom::storage
