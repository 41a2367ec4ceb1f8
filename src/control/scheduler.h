// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "domain/task.h"
#include "scheduling/admission.h"
#include "scheduling/cost_model.h"
#include "scheduling/placement.h"
#include "scheduling/tag_costs.h"
#include "scheduling/waiting_line.h"
#include "storage/task_requests.h"

namespace darkroom::control {

/// What tasks taught that were drawn before, oldest first: with the rows of all of them, what the
/// scheduler knew that saw them end. How long checkpoints load is not in rows.
scheduling::CostModel::State costs_of(std::span<const storage::DrawnTask> drawn);

struct SchedulerOptions {
    scheduling::AdmissionLimits limits = {};
    scheduling::PlacementPolicy placement = {};
    /// What an earlier process learned.
    scheduling::CostModel::State costs = {};
};

/// What is known of a task before it is submitted.
struct Demand {
    scheduling::Work work;
    scheduling::Share share;
};

/// What the row of an admitted task says.
struct Admitted {
    double cost_s = 0.0;
    double vft = 0.0;
};

/// Where a task stands that waits.
struct QueuePlace {
    /// Tasks that come before it, of whichever tenant.
    std::int64_t position = 0;
    /// Predicted seconds until its result is there.
    double eta_s = 0.0;
};

/// What an agent tells with its claim.
struct AgentRoom {
    std::string id;
    std::int64_t room = 0;
    /// It draws with the checkpoint it has and can take no other.
    bool is_busy = false;
};

/// Keeps the state that scheduling's pure parts decide by: who waits, what tenants were served,
/// what tasks took, what the agents have loaded. Soft state: the rows of the store are the truth,
/// and a start restores what matters from them. Thread-safe.
class Scheduler {
  public:
    /// `clock` must outlive it.
    explicit Scheduler(Clock& clock, SchedulerOptions options = {});

    /// Device seconds that a task with this demand is thought to take.
    [[nodiscard]] double predict(const Demand& demand);
    /// Reserves a place for a task that is about to be submitted. Fails with resource_exhausted
    /// when the queue is full.
    Result<Admitted> admit(const domain::NewTask& task, const Demand& demand);
    /// Takes up a row that is queued; nothing when it is known.
    void restore(const domain::Task& queued);

    /// The task was given to an agent.
    void taken(const domain::TaskId& id);
    /// Its agent lost it: it waits again, where it was.
    void put_back(const domain::TaskId& id);
    /// It has ended, or was not submitted after all. One that was not drawn costs its tenant
    /// nothing.
    void ended(const domain::TaskId& id);
    /// Learns from a task that was drawn, in device seconds without the load; before `ended`.
    void drawn(const domain::TaskId& id, double seconds);

    /// Nothing when the task does not wait.
    [[nodiscard]] std::optional<QueuePlace> place(const domain::TaskId& id);
    /// Seconds after which a tenant that was refused may try again.
    [[nodiscard]] std::int64_t retry_after_s(const std::string& tenant);

    /// What an agent is to claim now, of what the store says is waiting.
    std::optional<scheduling::Placement> next_for(
        const AgentRoom& agent, std::span<const storage::BacklogEntry> backlog);
    /// The agent was given a task. True when there are others who may have to decide anew, because
    /// it switches to another checkpoint.
    bool assigned(const std::string& agent, const std::string& model);
    /// The agent has loaded its checkpoint.
    void loaded(const std::string& agent, double seconds);
    void agent_gone(const std::string& agent);

    /// What was learned, to be kept.
    [[nodiscard]] scheduling::CostModel::State costs();

  private:
    struct Held {
        scheduling::Waiting task;
        double taken_s = 0.0;
    };
    struct Agent {
        scheduling::AgentState state;
        /// Checkpoints that it loaded so far.
        std::set<std::string> loaded;
    };
    struct State {
        scheduling::CostModel costs;
        scheduling::TagCosts tag_costs;
        scheduling::FairQueue fair;
        scheduling::WaitingLine line;
        std::map<domain::TaskId, Held> held;
        /// Of tasks that this process admitted.
        std::map<domain::TaskId, scheduling::Work> works;
        std::map<std::string, Agent> agents;

        void advance(std::int32_t priority);
        std::optional<scheduling::Waiting> remove(const domain::TaskId& id);
        [[nodiscard]] scheduling::Tier tier(const Agent& agent, const std::string& model) const;
        [[nodiscard]] double load_s(const std::set<std::string>& models) const;
        [[nodiscard]] double held_s(double now_s) const;
        [[nodiscard]] std::int64_t agent_count() const;
    };

    double now_s();

    Clock& clock_;
    const SchedulerOptions options_;
    Guarded<State> state_;
};

}  // namespace darkroom::control
