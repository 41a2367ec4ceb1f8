// SPDX-License-Identifier: Apache-2.0
#include "domain/task_event.h"

namespace darkroom::domain {
namespace {

TaskEventKind kind_of_arrival(TaskState state) {
    switch (state) {
        case TaskState::queued:
            return TaskEventKind::requeued;
        case TaskState::leased:
            return TaskEventKind::leased;
        case TaskState::running:
            return TaskEventKind::running;
        case TaskState::uploading:
            return TaskEventKind::uploading;
        case TaskState::succeeded:
            return TaskEventKind::succeeded;
        case TaskState::failed:
            return TaskEventKind::failed;
        case TaskState::cancelled:
            return TaskEventKind::cancelled;
        case TaskState::expired:
            return TaskEventKind::expired;
        case TaskState::dead:
            return TaskEventKind::dead;
    }
    return TaskEventKind::dead;
}

TaskEvent event_of(const Task& task) {
    TaskEvent event{.task = task.id};
    event.tenant = task.tenant;
    event.task_name = task.idempotency_key;
    event.attempt = task.attempt;
    event.trace = task.trace;
    return event;
}

}  // namespace

std::string_view to_string(TaskEventKind kind) {
    switch (kind) {
        case TaskEventKind::submitted:
            return "submitted";
        case TaskEventKind::requeued:
            return "requeued";
        default:
            return to_string(state_after(kind));
    }
}

Result<TaskEventKind> parse_task_event_kind(std::string_view word) {
    for (const TaskEventKind kind : kTaskEventKinds) {
        if (to_string(kind) == word) return kind;
    }
    return Error{ErrorCode::invalid_argument, "not a kind of task event", "kind"};
}

TaskState state_after(TaskEventKind kind) {
    switch (kind) {
        case TaskEventKind::submitted:
        case TaskEventKind::requeued:
            return TaskState::queued;
        case TaskEventKind::leased:
            return TaskState::leased;
        case TaskEventKind::running:
            return TaskState::running;
        case TaskEventKind::uploading:
            return TaskState::uploading;
        case TaskEventKind::succeeded:
            return TaskState::succeeded;
        case TaskEventKind::failed:
            return TaskState::failed;
        case TaskEventKind::cancelled:
            return TaskState::cancelled;
        case TaskEventKind::expired:
            return TaskState::expired;
        case TaskEventKind::dead:
            return TaskState::dead;
    }
    return TaskState::dead;
}

TaskEvent submitted_event(const Task& task) {
    TaskEvent event = event_of(task);
    event.wall_ms = task.created_ms;
    return event;
}

std::optional<TaskEvent> event_of_change(
    TaskState before, const Task& after, std::int64_t wall_ms) {
    if (before == after.state) return std::nullopt;
    TaskEvent event = event_of(after);
    event.kind = kind_of_arrival(after.state);
    event.wall_ms = wall_ms;
    if (after.error) event.message = after.error->message;
    return event;
}

}  // namespace darkroom::domain
