// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace darkroom::scheduling {

/// An agent as placement sees it.
struct AgentState {
    std::string id = {};
    /// Checkpoint that it has loaded or was last given; empty before the first.
    std::string resident = {};
    /// When it was first given a task for that checkpoint, on the caller's clock.
    double quantum_began_s = 0.0;
    /// Tasks it would take now.
    std::int64_t room = 0;
    /// It holds tasks, so it can take no other checkpoint until they are done.
    bool is_busy = false;
};

/// What waits for one checkpoint, or (empty name) for none.
struct ModelBacklog {
    std::string model = {};
    /// Highest class that waits.
    std::int32_t priority = 0;
    std::int64_t tasks = 0;
    /// Predicted device seconds of all.
    double seconds = 0.0;
    /// Of the highest class: the virtual finish of its next task.
    double least_vft = 0.0;
    /// Predicted load for the agent that asks; 0 when resident there.
    double load_s = 0.0;
};

struct PlacementPolicy {
    /// Seconds an agent stays with a checkpoint while others wait.
    double quantum_s = 120.0;
};

/// What an agent is to claim.
struct Placement {
    /// The checkpoint to serve; what it has when only tasks without one wait.
    std::string model = {};
    /// Names to claim for: `model` and, since any agent can do those, the empty one.
    std::vector<std::string> claims = {};
};

/// Decides what an agent with room does next (scale-out.md 4.3). `others` are all further agents.
///
/// An agent stays with its checkpoint for a quantum. Then, as at its start, it takes the checkpoint
/// whose next task comes first in virtual time, a switch counting as load / waiting tasks: a
/// checkpoint that many wait for pays its load easily, a rare one waits until virtual time, which
/// goes on with all work done, has made up for its load. So what passes a task by is bounded by the
/// work of the others, not by a constant. A higher priority class ends a quantum at once.
///
/// What another agent already serves, and will have done within a quantum, is left to it while
/// there is something else. Nothing is left to an agent that has no room for it: as long as tasks
/// wait and an idle agent asks, some agent gets one.
///
/// Nothing when the agent is to take nothing now: it must become idle before it switches, nobody
/// waits, or an idle agent that has the checkpoint will come for it.
std::optional<Placement> place(
    const AgentState& agent,
    std::span<const AgentState> others,
    std::span<const ModelBacklog> backlog,
    const PlacementPolicy& policy,
    double now_s);

}  // namespace darkroom::scheduling
