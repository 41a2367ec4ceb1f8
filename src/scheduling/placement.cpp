// SPDX-License-Identifier: Apache-2.0
#include "scheduling/placement.h"

#include <algorithm>
#include <tuple>

namespace darkroom::scheduling {
namespace {

/// How urgent a checkpoint is; the least goes first.
using Urgency = std::tuple<std::int64_t, bool, double, std::string>;

/// How the other agents stand to a checkpoint.
struct Service {
    std::int64_t agents = 0;
    /// Room of those that do nothing.
    std::int64_t idle_room = 0;
};

Service service_of(std::span<const AgentState> others, const std::string& model) {
    Service service;
    for (const AgentState& other : others) {
        if (other.resident != model) continue;
        service.agents += other.is_busy ? 1 : 0;
        service.idle_room += other.is_busy ? 0 : other.room;
    }
    return service;
}

/// True when idle agents that have the checkpoint will have claimed it all, sooner than this one
/// could have loaded it.
bool is_left_to_idle(const ModelBacklog& waiting, const Service& service) {
    return waiting.load_s > 0.0 && waiting.tasks <= service.idle_room &&
           waiting.seconds <= waiting.load_s;
}

Urgency urgency(const ModelBacklog& waiting, const Service& service, double quantum_s) {
    const bool is_served = waiting.load_s > 0.0 && service.agents > 0 &&
                           waiting.seconds <= quantum_s * static_cast<double>(service.agents);
    const double load_share = waiting.load_s / static_cast<double>(waiting.tasks);
    return {
        -std::int64_t{waiting.priority}, is_served, waiting.least_vft + load_share, waiting.model};
}

/// What the asking agent can choose from.
struct Choice {
    /// Of the checkpoint it has.
    const ModelBacklog* resident = nullptr;
    const ModelBacklog* without_model = nullptr;
    /// Of the most urgent checkpoint.
    const ModelBacklog* best = nullptr;
    Urgency least = {};
};

Choice choice_of(
    const AgentState& agent,
    std::span<const AgentState> others,
    std::span<const ModelBacklog> backlog,
    double quantum_s) {
    Choice choice;
    for (const ModelBacklog& waiting : backlog) {
        if (waiting.tasks <= 0) continue;
        if (waiting.model.empty()) {
            choice.without_model = &waiting;
            continue;
        }
        if (waiting.model == agent.resident) choice.resident = &waiting;
        const Service service = service_of(others, waiting.model);
        if (is_left_to_idle(waiting, service)) continue;
        Urgency own = urgency(waiting, service, quantum_s);
        if (choice.best != nullptr && own >= choice.least) continue;
        choice.best = &waiting;
        choice.least = std::move(own);
    }
    return choice;
}

/// What needs no checkpoint, unless the agent had better become idle to switch.
std::optional<Placement> without_model(const AgentState& agent, const Choice& choice) {
    const ModelBacklog* waiting = choice.without_model;
    if (waiting == nullptr) return std::nullopt;
    const bool is_next = choice.best == nullptr || urgency(*waiting, {}, 0.0) < choice.least;
    if (!is_next) return std::nullopt;
    return Placement{agent.resident, {""}};
}

Placement claim_for(const std::string& model) {
    return {model, {model, ""}};
}

}  // namespace

std::optional<Placement> place(
    const AgentState& agent,
    std::span<const AgentState> others,
    std::span<const ModelBacklog> backlog,
    const PlacementPolicy& policy,
    double now_s) {
    if (agent.room <= 0) return std::nullopt;
    const Choice choice = choice_of(agent, others, backlog, policy.quantum_s);
    if (choice.best == nullptr) return without_model(agent, choice);
    if (choice.resident != nullptr) {
        const bool is_within = now_s - agent.quantum_began_s < policy.quantum_s &&
                               choice.best->priority <= choice.resident->priority;
        if (is_within || choice.best == choice.resident) return claim_for(agent.resident);
    }
    if (agent.is_busy) return without_model(agent, choice);
    return claim_for(choice.best->model);
}

}  // namespace darkroom::scheduling
