// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "cluster/agent_protocol.h"
#include "domain/function.h"
#include "scheduling/scaling.h"

namespace darkroom::control {

/// What is known of the agents that run: what each has, holds and occupies. Joins what they say
/// with scheduling::scale, which decides how many there are. Soft state. Thread-safe; a name that
/// is not here changes nothing.
class AgentPool {
  public:
    using SteadyClock = std::chrono::steady_clock;
    using Functions = std::vector<scheduling::PooledFunction>;

    /// An attempt that an agent holds.
    struct Held {
        std::string agent;
        cluster::AttemptId id;
        std::string model;
        SteadyClock::time_point began;
    };
    /// How an agent was when it went.
    struct Departure {
        std::string model;
        bool is_expected = false;
        bool is_replaced = false;
        std::chrono::milliseconds lifetime = {};
    };

    explicit AgentPool(scheduling::PoolPolicy policy) : policy_(policy) {}

    /// Its process was started.
    void add(const std::string& id, const scheduling::PoolOrders::Start& purpose);
    Departure remove(const std::string& id);

    /// The agent has room for so many tasks; with its first word it counts as connected.
    void set_room(const std::string& id, std::int64_t room);
    void set_resident(const std::string& id, const cluster::Resident& resident);
    void set_bytes(const std::string& id, std::uint64_t bytes);

    /// Functions that have tasks the agent may take now, in the order given.
    [[nodiscard]] Functions open_to(const std::string& id, const Functions& functions);
    /// Claims the agent for one of the functions, or with an empty name for tasks that need none.
    /// False when it may not take its tasks any more. Ends with hold or unreserve.
    bool reserve(const std::string& id, const std::string& model, const Functions& functions);
    void unreserve(const std::string& id);

    void hold(const std::string& id, const cluster::AttemptId& attempt, const std::string& model);
    /// The checkpoint of the attempt; empty when the agent did not hold it.
    std::string release(const std::string& id, const cluster::AttemptId& attempt);
    [[nodiscard]] std::vector<Held> held();

    /// An idle agent begins to load; false when it is not idle any more.
    bool begin_load(const std::string& id, const std::string& model);
    /// An idle agent is to end; false when it is not idle any more.
    bool end_idle(const std::string& id);
    [[nodiscard]] bool is_ending(const std::string& id);
    /// The agent takes nothing more and ends; false when it was told before.
    bool end(const std::string& id, bool is_replaced);

    /// What is to be done. `wanted` and `may_start` as PoolState.
    scheduling::PoolOrders plan(
        const Functions& functions, const std::vector<std::string>& wanted, bool may_start);

    /// Agents that serve a checkpoint.
    [[nodiscard]] std::vector<domain::Instance> instances(const std::string& model);
    /// What an instance of it occupied at most; 0 while unknown.
    [[nodiscard]] std::uint64_t largest(const std::string& model);
    /// The checkpoint of an agent; empty for none.
    [[nodiscard]] std::string model_of(const std::string& id);

  private:
    struct Row {
        /// Loaded, being loaded, or about to be.
        std::string model;
        double loaded = 0.0;
        /// Before the reservation.
        std::string model_before;
        bool is_reserved = false;
        bool is_connected = false;
        bool is_loading = false;
        bool is_ending = false;
        bool is_replaced = false;
        std::int64_t room = 0;
        std::uint64_t bytes = 0;
        std::vector<Held> held;
        SteadyClock::time_point born;
        SteadyClock::time_point idle_since;

        [[nodiscard]] bool is_busy() const {
            return !is_connected || is_loading || is_reserved || !held.empty();
        }
    };
    struct State {
        std::map<std::string, Row> rows;
        std::map<std::string, std::uint64_t> largest;
        bool may_start = true;

        Row* find(const std::string& id);
        [[nodiscard]] scheduling::PoolState pool(const Functions& functions) const;
    };

    const scheduling::PoolPolicy policy_;
    Guarded<State> state_;
};

}  // namespace darkroom::control
