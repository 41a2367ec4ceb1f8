// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/task.h"

namespace darkroom::domain {

/// What happened to a task. The spelling is the one in the database and on the wire.
enum class TaskEventKind {
    submitted,
    leased,
    running,
    uploading,
    /// Back in the queue: the attempt broke, its lease ended, or the server restarted.
    requeued,
    succeeded,
    failed,
    cancelled,
    expired,
    dead,
};

inline constexpr std::array kTaskEventKinds = {
    TaskEventKind::submitted,
    TaskEventKind::leased,
    TaskEventKind::running,
    TaskEventKind::uploading,
    TaskEventKind::requeued,
    TaskEventKind::succeeded,
    TaskEventKind::failed,
    TaskEventKind::cancelled,
    TaskEventKind::expired,
    TaskEventKind::dead};

std::string_view to_string(TaskEventKind kind);

/// Reverse of to_string. Fails with invalid_argument (field "kind").
Result<TaskEventKind> parse_task_event_kind(std::string_view word);

/// The state that a task has after such an event.
TaskState state_after(TaskEventKind kind);

/// One change of state, as the log keeps it.
struct TaskEvent {
    /// Place in the log of all tasks; grows with every event and is never used twice.
    std::int64_t sequence = 0;
    TaskId task;
    std::string tenant = {};
    /// The caller's own name for the task; may be empty.
    std::string task_name = {};
    TaskEventKind kind = TaskEventKind::submitted;
    std::int64_t attempt = 0;
    std::int64_t wall_ms = 0;
    /// Why the task ended without a result.
    std::string message = {};
    /// As Task::trace.
    std::optional<TraceContext> trace = {};
};

/// The event of a new row; the store gives it its sequence.
TaskEvent submitted_event(const Task& task);

/// The event of a change from `before` to what the row is now; nothing when its state is the same.
std::optional<TaskEvent> event_of_change(TaskState before, const Task& after, std::int64_t wall_ms);

}  // namespace darkroom::domain
