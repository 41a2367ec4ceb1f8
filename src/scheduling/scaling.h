// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How many agents there are and which checkpoints they keep: state in, orders out. Which waiting
/// task an agent draws next is decided elsewhere (placement).
namespace darkroom::scheduling {

/// An agent as the pool sees it.
struct PooledAgent {
    std::string id;
    /// Checkpoint that it has, is loading or was started for; empty for none.
    std::string model = {};
    /// It holds tasks, loads, or has not connected yet.
    bool is_busy = false;
    /// It was told to end, or cannot be used; it counts until it is gone.
    bool is_ending = false;
    /// Further tasks it takes; of its own checkpoint alone while it is busy.
    std::int64_t room = 0;
    /// On the clock of PoolState::now_s.
    double idle_since_s = 0.0;
    std::uint64_t bytes = 0;
};

/// A checkpoint that somebody waits for or that has limits. Tasks that need none have an empty
/// name; they have no limits.
struct PooledFunction {
    std::string model;
    /// Tasks in the queue.
    std::int64_t waiting = 0;
    std::int64_t min_instances = 0;
    /// 0: no limit of its own.
    std::int64_t max_instances = 0;
    /// What an instance is expected to occupy.
    std::uint64_t bytes = 0;
};

struct PoolPolicy {
    std::int64_t max_agents = 1;
    /// Agents that are kept running without a checkpoint.
    std::int64_t spare_agents = 0;
    /// An agent that had nothing to do for so long ends.
    double idle_s = 300.0;
    /// An agent that was used is left alone for so long before its slot goes to another function's
    /// min_instances.
    double settle_s = 5.0;
    /// Of all agents together; 0 is no limit. One agent may always run.
    std::uint64_t memory_budget_bytes = 0;
    /// Tasks that one agent holds at once.
    std::int64_t tasks_per_agent = 8;
};

struct PoolState {
    std::vector<PooledAgent> agents = {};
    /// Most urgent first.
    std::vector<PooledFunction> functions = {};
    /// One more agent for each of these checkpoints (empty: without one), in the place of agents
    /// that died or were told to restart.
    std::vector<std::string> wanted = {};
    /// False while agents die as they start.
    bool may_start = true;
    double now_s = 0.0;
};

struct PoolOrders {
    struct Start {
        /// What it is meant for; empty for a spare one.
        std::string model;
        /// It loads that checkpoint at once, without waiting for a task.
        bool loads = false;
    };
    struct Load {
        std::string agent;
        std::string model;
    };
    std::vector<Start> starts = {};
    /// Idle agents that are to load a checkpoint.
    std::vector<Load> loads = {};
    /// Idle agents that are to end.
    std::vector<std::string> stops = {};
};

/// Starts agents for tasks that nobody present will take, keeps min_instances loaded and
/// spare_agents ready, and ends what was idle for too long or does not fit the memory budget, the
/// longest idle first. Never plans more agents than max_agents, nor more instances of a function
/// than its max_instances; tasks that wait go before min_instances, those before spares.
PoolOrders scale(const PoolState& state, const PoolPolicy& policy);

/// True when an agent may take tasks of a function. A busy agent keeps its checkpoint; an idle one
/// gives its checkpoint up only when no further agent can be started and nobody else comes for what
/// waits, and one that its own function needs for min_instances only when no other idle agent can
/// do it.
bool may_take(
    const PooledAgent& agent,
    const PooledFunction& function,
    const PoolState& state,
    const PoolPolicy& policy);

}  // namespace darkroom::scheduling
