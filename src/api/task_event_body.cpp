// SPDX-License-Identifier: Apache-2.0
#include "api/task_event_body.h"

namespace darkroom::api {

json::Object task_event_body(
    const domain::TaskEvent& event, const std::optional<QueueStanding>& standing) {
    domain::Task task{.id = event.task};
    task.idempotency_key = event.task_name;
    task.state = domain::state_after(event.kind);
    if (!event.message.empty()) task.error = Error{ErrorCode::internal, event.message};
    const bool is_waiting = task.state == domain::TaskState::queued;
    json::Object body = task_progress_body(task, {}, is_waiting ? standing : std::nullopt);
    body.set("kind", domain::to_string(event.kind));
    body.set("attempt", event.attempt);
    body.set("timeMs", event.wall_ms);
    return body;
}

}  // namespace darkroom::api
