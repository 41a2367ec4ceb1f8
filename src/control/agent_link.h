// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "cluster/instance_provider.h"
#include "control/agent_service.h"
#include "control/device_shares.h"
#include "runtime/async_event.h"

namespace darkroom::control {

/// One agent's connection and what it has asked for. `outbox` and `changed` are for any thread; the
/// rest belongs to the link's strand.
struct AgentService::Link {
    explicit Link(std::unique_ptr<cluster::AgentConnection> agent)
        : connection(std::move(agent)), agent_id(connection->id()) {}

    /// Queues a message; only the pump sends.
    void post(cluster::Message message) {
        outbox.lock()->push_back(std::move(message));
        changed.notify_all();
    }

    /// The agent holds this attempt no longer. Another attempt at the same task stays. Returns the
    /// device seconds that it had.
    double forget(const cluster::AttemptId& id, std::int64_t boot_ms) {
        const auto found = held.find(id.task);
        if (found == held.end() || found->second != id.attempt) return 0.0;
        held.erase(found);
        has_suspect = false;
        return shares.end(id.task, boot_ms);
    }

    /// True when a heartbeat has been missed. Such an agent gets no tasks: those that it loses with
    /// its lease would come back to it and fail once more when it is replaced.
    [[nodiscard]] bool is_quiet() const {
        constexpr auto kHeartbeatAndAHalf = std::chrono::seconds(15);
        return std::chrono::steady_clock::now() - last_heard.load() > kHeartbeatAndAHalf;
    }

    /// Tasks that it may be given now.
    [[nodiscard]] std::int64_t room() const { return has_suspect ? 0 : claim.capacity; }

    std::unique_ptr<cluster::AgentConnection> connection;
    const std::string agent_id;
    /// What the agent still has room for.
    cluster::Claim claim;
    /// Attempts that were sent to the agent, by task id.
    std::map<std::string, std::int64_t> held;
    /// What it holds is a task that an attempt broke at (domain::is_suspect): nothing goes beside
    /// it.
    bool has_suspect = false;
    DeviceShares shares;
    /// What it was last told to compute with; 0 is its own choice.
    std::int64_t threads = 0;
    /// The checkpoint that it was last told to bring into memory.
    std::string prefetched = {};
    bool closed = false;
    /// When the agent was last heard of.
    std::atomic<std::chrono::steady_clock::time_point> last_heard =
        std::chrono::steady_clock::now();

    Guarded<std::vector<cluster::Message>> outbox;
    runtime::AsyncEvent changed;
};

}  // namespace darkroom::control
