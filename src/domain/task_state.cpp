// SPDX-License-Identifier: Apache-2.0
#include "domain/task_state.h"

namespace darkroom::domain {

std::string_view to_string(TaskState state) {
    switch (state) {
        case TaskState::queued:
            return "queued";
        case TaskState::leased:
            return "leased";
        case TaskState::running:
            return "running";
        case TaskState::uploading:
            return "uploading";
        case TaskState::succeeded:
            return "succeeded";
        case TaskState::failed:
            return "failed";
        case TaskState::cancelled:
            return "cancelled";
        case TaskState::expired:
            return "expired";
        case TaskState::dead:
            return "dead";
    }
    return "dead";
}

Result<TaskState> parse_task_state(std::string_view word) {
    for (const TaskState state : kTaskStates) {
        if (to_string(state) == word) return state;
    }
    return Error{ErrorCode::invalid_argument, "not a task state", "state"};
}

bool is_final(TaskState state) {
    switch (state) {
        case TaskState::queued:
        case TaskState::leased:
        case TaskState::running:
        case TaskState::uploading:
            return false;
        case TaskState::succeeded:
        case TaskState::failed:
        case TaskState::cancelled:
        case TaskState::expired:
        case TaskState::dead:
            return true;
    }
    return true;
}

bool is_held(TaskState state) {
    return state == TaskState::leased || state == TaskState::running ||
           state == TaskState::uploading;
}

bool can_become(TaskState from, TaskState to) {
    if (is_final(from)) return false;
    switch (to) {
        case TaskState::leased:
            return from == TaskState::queued;
        case TaskState::running:
            return from == TaskState::leased;
        case TaskState::uploading:
            return from == TaskState::leased || from == TaskState::running;
        case TaskState::expired:
            return from == TaskState::queued;
        case TaskState::cancelled:
            return true;
        case TaskState::queued:
        case TaskState::succeeded:
        case TaskState::failed:
        case TaskState::dead:
            return is_held(from);
    }
    return false;
}

}  // namespace darkroom::domain
