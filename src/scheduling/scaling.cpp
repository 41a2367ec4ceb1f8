// SPDX-License-Identifier: Apache-2.0
#include "scheduling/scaling.h"

#include <algorithm>

namespace darkroom::scheduling {
namespace {

const PooledFunction* find(const PoolState& state, std::string_view model) {
    const auto found = std::ranges::find(state.functions, model, &PooledFunction::model);
    return found == state.functions.end() ? nullptr : &*found;
}

bool is_idle(const PooledAgent& agent) {
    return !agent.is_busy && !agent.is_ending;
}

std::int64_t instances_of(const PoolState& state, std::string_view model) {
    return std::ranges::count_if(state.agents, [&](const PooledAgent& agent) {
        return agent.model == model && !agent.is_ending;
    });
}

/// Without it the function would have fewer than min_instances.
bool is_needed(const PooledAgent& agent, const PoolState& state) {
    if (agent.model.empty()) return false;
    const PooledFunction* own = find(state, agent.model);
    return own != nullptr && instances_of(state, agent.model) <= own->min_instances;
}

std::uint64_t occupied(const PoolState& state) {
    std::uint64_t bytes = 0;
    for (const PooledAgent& agent : state.agents)
        bytes += agent.bytes;
    return bytes;
}

bool fits(const PoolState& state, const PoolPolicy& policy, std::uint64_t bytes) {
    return policy.memory_budget_bytes == 0 || state.agents.empty() ||
           occupied(state) + bytes <= policy.memory_budget_bytes;
}

bool can_start(const PoolState& state, const PoolPolicy& policy, std::uint64_t bytes) {
    const auto count = static_cast<std::int64_t>(state.agents.size());
    return state.may_start && count < policy.max_agents && fits(state, policy, bytes);
}

bool has_free_place(const PooledFunction& function, const PoolState& state) {
    return function.max_instances <= 0 ||
           instances_of(state, function.model) < function.max_instances;
}

/// Agents that have the function's checkpoint, start for it, or have none have room for all that
/// wait.
bool will_be_served(const PooledFunction& function, const PoolState& state) {
    std::int64_t room = 0;
    for (const PooledAgent& agent : state.agents) {
        const bool comes = agent.model == function.model || agent.model.empty();
        if (comes && !agent.is_ending) room += agent.room;
    }
    return room > 0 && room >= function.waiting;
}

/// Works on a copy of the state in which orders have taken effect.
class Plan {
  public:
    Plan(PoolState state, const PoolPolicy& policy) : state_(std::move(state)), policy_(policy) {}

    PoolOrders make() {
        for (const PooledFunction& function : state_.functions)
            serve(function);
        for (const std::string& model : state_.wanted) {
            if (!model.empty()) replace(model);
        }
        stop_idle();
        keep_budget();
        for (const PooledFunction& function : state_.functions)
            keep_loaded(function);
        // Any start will do for one without a checkpoint.
        const bool wants_any = std::ranges::find(state_.wanted, "") != state_.wanted.end();
        if (wants_any && orders_.starts.empty()) replace({});
        keep_spares();
        return std::move(orders_);
    }

  private:
    std::uint64_t bytes_of(const std::string& model) const {
        const PooledFunction* function = find(state_, model);
        return function == nullptr ? 0 : function->bytes;
    }

    void start(const std::string& model, bool loads) {
        orders_.starts.push_back({model, loads});
        PooledAgent agent;
        agent.model = model;
        agent.is_busy = true;
        agent.bytes = bytes_of(model);
        state_.agents.push_back(std::move(agent));
    }

    /// The agent will have that checkpoint.
    void give(PooledAgent& agent, const PooledFunction& function) {
        if (!function.model.empty() && agent.model != function.model) {
            agent.model = function.model;
            agent.bytes = std::max(agent.bytes, function.bytes);
        }
        agent.is_busy = true;
    }

    /// An idle agent that will take the function's tasks: one that has the checkpoint, one without
    /// any, then the one that was idle longest.
    PooledAgent* taker(const PooledFunction& function) {
        PooledAgent* best = nullptr;
        const auto rank = [&](const PooledAgent& agent) {
            if (agent.model == function.model) return 0;
            return agent.model.empty() ? 1 : 2;
        };
        for (PooledAgent& agent : state_.agents) {
            if (!is_idle(agent) || agent.room <= 0) continue;
            if (!may_take(agent, function, state_, policy_)) continue;
            const bool is_better =
                best == nullptr || rank(agent) < rank(*best) ||
                (rank(agent) == rank(*best) && agent.idle_since_s < best->idle_since_s);
            if (is_better) best = &agent;
        }
        return best;
    }

    void serve(const PooledFunction& function) {
        std::int64_t unserved = function.waiting;
        for (const PooledAgent& agent : state_.agents) {
            const bool fitting = agent.model == function.model || function.model.empty();
            if (agent.is_busy && !agent.is_ending && fitting) unserved -= agent.room;
        }
        // One that starts without a purpose takes whatever waits.
        for (PooledAgent& agent : state_.agents) {
            const bool starts = agent.is_busy && !agent.is_ending && agent.model.empty();
            if (unserved <= 0 || !starts || !has_free_place(function, state_)) continue;
            unserved -= agent.room;
            give(agent, function);
        }
        while (unserved > 0) {
            if (PooledAgent* agent = taker(function); agent != nullptr) {
                unserved -= agent->room;
                give(*agent, function);
                continue;
            }
            if (!has_free_place(function, state_)) return;
            if (!can_start(state_, policy_, function.bytes)) return;
            start(function.model, false);
            unserved -= policy_.tasks_per_agent;
        }
    }

    void replace(const std::string& model) {
        const PooledFunction* function = find(state_, model);
        if (function != nullptr && !has_free_place(*function, state_)) return;
        if (can_start(state_, policy_, bytes_of(model))) start(model, !model.empty());
    }

    std::int64_t spares() const {
        return std::ranges::count_if(state_.agents, [](const PooledAgent& agent) {
            return agent.model.empty() && !agent.is_ending;
        });
    }

    bool is_spare(const PooledAgent& agent) const {
        return agent.model.empty() && spares() <= policy_.spare_agents;
    }

    void stop(PooledAgent& agent) {
        orders_.stops.push_back(agent.id);
        agent.is_ending = true;
    }

    std::vector<PooledAgent*> longest_idle_first() {
        std::vector<PooledAgent*> idle;
        for (PooledAgent& agent : state_.agents) {
            if (is_idle(agent)) idle.push_back(&agent);
        }
        std::ranges::stable_sort(
            idle, {}, [](const PooledAgent* agent) { return agent->idle_since_s; });
        return idle;
    }

    void stop_idle() {
        for (PooledAgent* agent : longest_idle_first()) {
            if (state_.now_s - agent->idle_since_s < policy_.idle_s) continue;
            if (!is_needed(*agent, state_) && !is_spare(*agent)) stop(*agent);
        }
    }

    /// What ends gives its memory back soon, so it does not count any more.
    bool is_over_budget() const {
        std::uint64_t bytes = 0;
        std::int64_t live = 0;
        for (const PooledAgent& agent : state_.agents) {
            if (agent.is_ending) continue;
            bytes += agent.bytes;
            ++live;
        }
        return policy_.memory_budget_bytes > 0 && live > 1 && bytes > policy_.memory_budget_bytes;
    }

    void keep_budget() {
        for (const bool even_needed : {false, true}) {
            for (PooledAgent* agent : longest_idle_first()) {
                if (!is_over_budget()) return;
                if (even_needed || !is_needed(*agent, state_)) stop(*agent);
            }
        }
    }

    /// An idle agent that may be given a checkpoint nobody waits for.
    PooledAgent* loader() {
        const std::vector<PooledAgent*> idle = longest_idle_first();
        for (PooledAgent* agent : idle) {
            if (agent->model.empty()) return agent;
        }
        if (state_.may_start &&
            static_cast<std::int64_t>(state_.agents.size()) < policy_.max_agents)
            return nullptr;
        for (PooledAgent* agent : idle) {
            const bool has_settled = state_.now_s - agent->idle_since_s >= policy_.settle_s;
            if (has_settled && !is_needed(*agent, state_)) return agent;
        }
        return nullptr;
    }

    void keep_loaded(const PooledFunction& function) {
        while (instances_of(state_, function.model) < function.min_instances) {
            if (!has_free_place(function, state_)) return;
            if (PooledAgent* agent = loader(); agent != nullptr) {
                const std::uint64_t more = function.bytes - std::min(function.bytes, agent->bytes);
                if (!fits(state_, policy_, more) && state_.agents.size() > 1) return;
                orders_.loads.push_back({agent->id, function.model});
                give(*agent, function);
            } else if (can_start(state_, policy_, function.bytes)) {
                start(function.model, true);
            } else {
                return;
            }
        }
    }

    void keep_spares() {
        while (spares() < policy_.spare_agents && can_start(state_, policy_, 0))
            start({}, false);
    }

    PoolState state_;
    const PoolPolicy& policy_;
    PoolOrders orders_;
};

}  // namespace

bool may_take(
    const PooledAgent& agent,
    const PooledFunction& function,
    const PoolState& state,
    const PoolPolicy& policy) {
    if (agent.is_ending) return false;
    if (agent.model == function.model || function.model.empty()) return true;
    if (agent.is_busy || !has_free_place(function, state)) return false;
    if (agent.model.empty()) return true;
    if (can_start(state, policy, function.bytes)) return false;
    if (will_be_served(function, state)) return false;
    if (!is_needed(agent, state)) return true;
    return std::ranges::none_of(state.agents, [&](const PooledAgent& other) {
        return other.id != agent.id && is_idle(other) && !is_needed(other, state);
    });
}

PoolOrders scale(const PoolState& state, const PoolPolicy& policy) {
    return Plan(state, policy).make();
}

}  // namespace darkroom::scheduling
