// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"

namespace darkroom::domain {

/// Where a task stands. The spelling is the one in the database.
enum class TaskState {
    /// Waits for an agent.
    queued,
    /// Given to an agent that has not begun.
    leased,
    /// The agent draws.
    running,
    /// The agent stores the pictures.
    uploading,
    succeeded,
    /// The request cannot succeed, or the agent said so.
    failed,
    cancelled,
    /// Not begun before its deadline.
    expired,
    /// Given up after too many failures of the engine.
    dead,
};

inline constexpr std::array kTaskStates = {
    TaskState::queued,
    TaskState::leased,
    TaskState::running,
    TaskState::uploading,
    TaskState::succeeded,
    TaskState::failed,
    TaskState::cancelled,
    TaskState::expired,
    TaskState::dead};

std::string_view to_string(TaskState state);

/// Reverse of to_string. Fails with invalid_argument (field "state").
Result<TaskState> parse_task_state(std::string_view word);

/// True when nothing will ever change the task again.
bool is_final(TaskState state);

/// True while an agent's lease is on the task.
bool is_held(TaskState state);

/// True when the protocol lets a task go from one state straight to the other.
bool can_become(TaskState from, TaskState to);

}  // namespace darkroom::domain
