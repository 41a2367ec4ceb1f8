// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "domain/task.h"

/// The task protocol as pure changes of one row (reference: the protocol of DESIGN.md 3.1). A store
/// reads a row, applies one of these and writes it back in the same transaction, so that every
/// store follows the same rules.
namespace darkroom::domain {

/// How often a broken attempt is repeated.
struct RetryPolicy {
    /// Failures a task survives; one more and it is dead.
    std::int32_t max_failures = 1;
    /// Pause before a failed task is handed out again.
    std::int64_t retry_delay_ms = 0;
};

/// An agent's proof that it works on a task: fences every call it makes.
struct LeaseToken {
    TaskId id;
    std::int64_t attempt = 0;
    std::string agent;
};

/// What an agent learns about a task it believes to hold.
enum class LeaseStatus {
    held,
    /// Still held, but somebody cancelled: stop at the next step and report.
    cancel_requested,
    /// No longer its own: stop, report nothing.
    lost,
};

enum class CompleteOutcome {
    completed,
    /// A cancel came first; the result was dropped.
    cancelled,
    /// The lease was lost before; nothing changed.
    stale,
};

enum class FailOutcome { requeued, failed, dead, cancelled, stale };

enum class CancelOutcome {
    cancelled,
    /// An agent holds the task and will stop; it cannot succeed any more.
    requested,
    already_final,
};

/// What became of a task whose lease was ended from outside.
enum class ReleaseOutcome { requeued, cancelled, dead };

struct TaskFailure {
    Error error;
    /// True when another attempt may succeed (engine crash, no memory); false for a bad request.
    bool is_retryable = false;
};

/// What an attempt made.
struct TaskOutput {
    /// JSON text for Task::result.
    std::string result;
    /// Size of the pictures that were stored.
    std::int64_t result_bytes = 0;
    /// As Task::device_s.
    double device_s = 0.0;
};

struct Release {
    /// True when the engine broke, false for a drain or a restart of the server.
    bool counts_as_failure = true;
};

/// The row that a submit creates: queued, or succeeded when its result came with it.
Task make_task(NewTask request, std::int64_t created_ms);

/// True while the token's lease is on the task.
bool holds(const Task& task, const LeaseToken& token);

/// True when a queued task may be handed out at this wall time.
bool is_claimable(const Task& task, std::int64_t wall_ms);

/// True for a task that an attempt broke at. It may be what broke its agent, so it is drawn with no
/// other beside it: those would die with it.
bool is_suspect(const Task& task);

/// queued -> leased: counts the attempt up. The task must be queued.
void grant_lease(Task& task, const std::string& agent, std::int64_t lease_until_ms);

/// Extends the lease when the token still holds it.
LeaseStatus renew_lease(Task& task, const LeaseToken& token, std::int64_t lease_until_ms);

/// leased -> running; a repeated call changes nothing.
LeaseStatus begin_running(Task& task, const LeaseToken& token, std::int64_t wall_ms);

/// leased or running -> uploading; a repeated call changes nothing.
LeaseStatus begin_uploading(Task& task, const LeaseToken& token);

/// Ends the task with its result, or as cancelled when that was asked for first. A repeated call
/// of the attempt that ended the task gets the first answer again.
CompleteOutcome complete(
    Task& task, const LeaseToken& token, TaskOutput output, std::int64_t wall_ms);

struct FailureContext {
    RetryPolicy policy;
    std::int64_t wall_ms = 0;
};

/// Ends the attempt: back to the queue, or failed / dead / cancelled.
FailOutcome fail(
    Task& task, const LeaseToken& token, TaskFailure failure, const FailureContext& context);

/// Takes a held task away from its agent.
ReleaseOutcome release(Task& task, Release release, const FailureContext& context);

CancelOutcome cancel(Task& task, std::int64_t wall_ms);

/// queued -> expired when the deadline has passed; false when there is nothing to do.
bool expire(Task& task, std::int64_t wall_ms);

}  // namespace darkroom::domain
