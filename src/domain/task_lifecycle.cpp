// SPDX-License-Identifier: Apache-2.0
#include "domain/task_lifecycle.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/format.h"

namespace darkroom::domain {
namespace {

void enter(Task& task, TaskState next) {
    DARKROOM_CHECK(
        can_become(task.state, next),
        "task {} cannot go from {} to {}",
        task.id.text(),
        to_string(task.state),
        to_string(next));
    task.state = next;
    if (!is_held(next)) task.lease_until_ms.reset();
}

/// Books the time of an attempt that ends. A wall clock that was set back costs nothing.
void book_time(Task& task, std::int64_t wall_ms) {
    if (!task.started_ms || !is_held(task.state)) return;
    task.busy_ms += std::max<std::int64_t>(wall_ms - *task.started_ms, 0);
}

void finish(Task& task, TaskState last, std::int64_t wall_ms) {
    book_time(task, wall_ms);
    enter(task, last);
    task.finished_ms = wall_ms;
}

void finish_cancelled(Task& task, std::int64_t wall_ms) {
    finish(task, TaskState::cancelled, wall_ms);
    task.error = Error{ErrorCode::cancelled, "the task was cancelled"};
}

void requeue(Task& task, std::int64_t wall_ms) {
    book_time(task, wall_ms);
    enter(task, TaskState::queued);
    task.owner.clear();
    task.started_ms.reset();
}

void requeue_after_failure(Task& task, const FailureContext& context) {
    requeue(task, context.wall_ms);
    if (context.policy.retry_delay_ms > 0) {
        task.not_before_ms = context.wall_ms + context.policy.retry_delay_ms;
    }
}

LeaseStatus status_of_held(const Task& task) {
    return task.cancel_requested ? LeaseStatus::cancel_requested : LeaseStatus::held;
}

std::string times(std::int32_t count) {
    if (count == 1) return "once";
    if (count == 2) return "twice";
    return format("{} times", count);
}

}  // namespace

Task make_task(NewTask request, std::int64_t created_ms) {
    Task task{.id = std::move(request.id)};
    task.tenant = std::move(request.tenant);
    task.kind = std::move(request.kind);
    task.model = std::move(request.model);
    task.request = std::move(request.request);
    task.body_hash = std::move(request.body_hash);
    task.idempotency_key = std::move(request.idempotency_key);
    task.trace = request.trace;
    task.priority = request.priority;
    task.cost_s = request.cost_s;
    task.work_size = request.work_size;
    task.vft = request.vft;
    task.not_before_ms = request.not_before_ms;
    task.deadline_ms = request.deadline_ms;
    task.created_ms = created_ms;
    task.pictures = request.pictures;
    task.step_pixels = request.step_pixels;
    if (request.result) {
        task.state = TaskState::succeeded;
        task.started_ms = created_ms;
        task.finished_ms = created_ms;
        task.result = *std::move(request.result);
    }
    return task;
}

bool holds(const Task& task, const LeaseToken& token) {
    return is_held(task.state) && task.attempt == token.attempt && task.owner == token.agent;
}

bool is_claimable(const Task& task, std::int64_t wall_ms) {
    return task.state == TaskState::queued && task.not_before_ms <= wall_ms &&
           (!task.deadline_ms || *task.deadline_ms > wall_ms);
}

bool is_suspect(const Task& task) {
    return task.failures > 0;
}

void grant_lease(Task& task, const std::string& agent, std::int64_t lease_until_ms) {
    enter(task, TaskState::leased);
    ++task.attempt;
    task.owner = agent;
    task.lease_until_ms = lease_until_ms;
}

LeaseStatus renew_lease(Task& task, const LeaseToken& token, std::int64_t lease_until_ms) {
    if (!holds(task, token)) return LeaseStatus::lost;
    task.lease_until_ms = lease_until_ms;
    return status_of_held(task);
}

LeaseStatus begin_running(Task& task, const LeaseToken& token, std::int64_t wall_ms) {
    if (!holds(task, token)) return LeaseStatus::lost;
    if (task.state == TaskState::leased) {
        enter(task, TaskState::running);
        task.started_ms = wall_ms;
    }
    return status_of_held(task);
}

LeaseStatus begin_uploading(Task& task, const LeaseToken& token) {
    if (!holds(task, token)) return LeaseStatus::lost;
    if (task.state != TaskState::uploading) enter(task, TaskState::uploading);
    return status_of_held(task);
}

CompleteOutcome complete(
    Task& task, const LeaseToken& token, TaskOutput output, std::int64_t wall_ms) {
    if (!holds(task, token)) {
        const bool is_own = task.attempt == token.attempt && task.owner == token.agent;
        if (is_own && task.state == TaskState::succeeded) return CompleteOutcome::completed;
        if (is_own && task.state == TaskState::cancelled) return CompleteOutcome::cancelled;
        return CompleteOutcome::stale;
    }
    if (task.cancel_requested) {
        finish_cancelled(task, wall_ms);
        return CompleteOutcome::cancelled;
    }
    finish(task, TaskState::succeeded, wall_ms);
    task.result = std::move(output.result);
    task.result_bytes = output.result_bytes;
    task.device_s = output.device_s;
    return CompleteOutcome::completed;
}

FailOutcome fail(
    Task& task, const LeaseToken& token, TaskFailure failure, const FailureContext& context) {
    if (!holds(task, token)) return FailOutcome::stale;
    if (task.cancel_requested) {
        finish_cancelled(task, context.wall_ms);
        return FailOutcome::cancelled;
    }
    ++task.failures;
    if (!failure.is_retryable) {
        finish(task, TaskState::failed, context.wall_ms);
        task.error = std::move(failure.error);
        return FailOutcome::failed;
    }
    if (task.failures > context.policy.max_failures) {
        finish(task, TaskState::dead, context.wall_ms);
        task.error = failure.error.with_context(format("gave up, failed {}", times(task.failures)));
        return FailOutcome::dead;
    }
    requeue_after_failure(task, context);
    return FailOutcome::requeued;
}

ReleaseOutcome release(Task& task, Release release, const FailureContext& context) {
    if (release.counts_as_failure) ++task.failures;
    if (task.cancel_requested) {
        finish_cancelled(task, context.wall_ms);
        return ReleaseOutcome::cancelled;
    }
    if (!release.counts_as_failure) {
        requeue(task, context.wall_ms);
        return ReleaseOutcome::requeued;
    }
    if (task.failures > context.policy.max_failures) {
        finish(task, TaskState::dead, context.wall_ms);
        task.error = Error{
            ErrorCode::internal,
            format("the engine stopped {} while drawing this picture", times(task.failures))};
        return ReleaseOutcome::dead;
    }
    requeue_after_failure(task, context);
    return ReleaseOutcome::requeued;
}

CancelOutcome cancel(Task& task, std::int64_t wall_ms) {
    if (is_final(task.state)) return CancelOutcome::already_final;
    task.cancel_requested = true;
    if (is_held(task.state)) return CancelOutcome::requested;
    finish_cancelled(task, wall_ms);
    return CancelOutcome::cancelled;
}

bool expire(Task& task, std::int64_t wall_ms) {
    if (task.state != TaskState::queued || !task.deadline_ms || *task.deadline_ms > wall_ms) {
        return false;
    }
    finish(task, TaskState::expired, wall_ms);
    task.error = Error{ErrorCode::deadline_exceeded, "the task was not begun before its deadline"};
    return true;
}

}  // namespace darkroom::domain
