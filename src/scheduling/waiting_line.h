// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "domain/task_id.h"
#include "scheduling/cost_order.h"
#include "scheduling/fair_queue.h"

namespace darkroom::scheduling {

/// A task that waits.
struct Waiting {
    domain::TaskId id;
    Share share = {};
    /// The checkpoint it needs; empty for one that any agent can do.
    std::string model = {};
    Tag tag = {};
    double cost_s = 0.0;
    /// Set by the line when it first joins: of equal tags the earlier goes first.
    std::int64_t arrival = 0;
};

/// Tasks that wait, in the order of claims: priority, virtual finish, age. Mirrors the queued rows
/// of the store for what is asked often: place, load, virtual time. Not thread-safe.
class WaitingLine {
  public:
    /// False when the task waits already; nothing changes then.
    bool add(Waiting task);
    /// The task, which waits no more.
    std::optional<Waiting> remove(const domain::TaskId& id);

    [[nodiscard]] QueueLoad load() const { return load_; }
    [[nodiscard]] QueueLoad load_of(const std::string& tenant) const;
    /// Of a priority class; nothing when nobody waits in it.
    [[nodiscard]] std::optional<double> least_start(std::int32_t priority) const;

    /// What is drawn before a task.
    struct Place {
        std::int64_t tasks_before = 0;
        double seconds_before = 0.0;
        double own_seconds = 0.0;
        /// Checkpoints of the tasks before it and its own.
        std::set<std::string> models = {};
    };
    /// Nothing when the task does not wait. Takes time in proportion to the
    /// checkpoints that are waited for.
    [[nodiscard]] std::optional<Place> place(const domain::TaskId& id) const;

  private:
    std::int64_t arrivals_ = 0;
    std::map<Rank, Waiting> line_;
    std::map<domain::TaskId, Rank> ranks_;
    CostOrder costs_;
    std::map<std::string, std::set<Rank>> ranks_by_model_;
    std::map<std::int32_t, std::multiset<double>> starts_;
    QueueLoad load_;
    std::map<std::string, QueueLoad> load_by_tenant_;
};

}  // namespace darkroom::scheduling
