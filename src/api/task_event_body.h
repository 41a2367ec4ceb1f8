// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "api/serverless_task.h"
#include "domain/task_event.h"
#include "json/json.h"

namespace darkroom::api {

/// One change of a task's state: the members of task_progress_body that an event can know, with
/// what happened, when and in which attempt. `standing` is that of one that waits.
json::Object task_event_body(
    const domain::TaskEvent& event, const std::optional<QueueStanding>& standing);

}  // namespace darkroom::api
