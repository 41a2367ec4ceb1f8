// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "base/guarded.h"
#include "cluster/agent_protocol.h"
#include "domain/task.h"

namespace darkroom::control {

/// A task that waits or is being drawn, as far as this process knows: soft state, lost on restart.
struct LiveTask {
    domain::TaskId id = domain::TaskId::random();
    std::string tenant;
    /// Of work: domain/task.h.
    std::string kind = {};
    /// The caller's own name for it; may be empty.
    std::string name;
    std::int64_t iterations = 1;
    std::int64_t batch_size = 1;
    std::int64_t created_ms = 0;
    /// As domain::Task::trace.
    std::optional<TraceContext> trace = {};
    bool is_held = false;
    bool is_interrupted = false;
    std::chrono::steady_clock::time_point began;
    /// Last word of the agent.
    cluster::Progress progress;
};

/// Progress of all live tasks, in the order of submission. Thread-safe.
class ProgressTable {
  public:
    /// False when the task is there already; nothing changes then.
    bool add(LiveTask task);
    void set_created(const domain::TaskId& id, std::int64_t created_ms);
    void remove(const domain::TaskId& id);

    void hold(const domain::TaskId& id);
    /// Back to waiting.
    void release(const domain::TaskId& id);
    /// The tenant of the task; nothing when it is not here.
    std::optional<std::string> update(const cluster::Progress& progress);
    /// Marks the held tasks of a tenant, or one of them by its name, and returns their ids.
    std::vector<domain::TaskId> interrupt(
        const std::string& tenant, const std::optional<std::string>& name);

    /// The tenant's task of that name; without a name the oldest that is being drawn, else the
    /// oldest that waits.
    [[nodiscard]] std::optional<LiveTask> find(
        const std::string& tenant, const std::optional<std::string>& name);
    [[nodiscard]] std::optional<LiveTask> find(const domain::TaskId& id);

  private:
    Guarded<std::list<LiveTask>> tasks_;
};

}  // namespace darkroom::control
