// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cluster/agent_protocol.h"
#include "runtime/task.h"

namespace darkroom::cluster {

/// A running agent as control sees it. Used on one strand. Destroying it ends the agent.
class AgentConnection {
  public:
    virtual ~AgentConnection() = default;

    /// Names the agent in logs and leases.
    [[nodiscard]] virtual const std::string& id() const = 0;

    /// The next message. Fails with unavailable when the agent is gone, corrupt_input when it talks
    /// nonsense, cancelled when the caller is.
    virtual runtime::Task<Message> receive() = 0;
    /// Sends a message; fails as receive does. One caller at a time.
    virtual runtime::Task<void> send(Message message) = 0;

    /// Memory that the agent occupies, as its machine counts it; nothing when unknown. From any
    /// thread.
    [[nodiscard]] virtual std::optional<std::uint64_t> resident_bytes() const = 0;

    /// Ends an agent that hangs; receive() fails soon after.
    virtual void kill() = 0;
};

/// Starts agents. Implementations: child processes here; Kubernetes and Slurm in a cluster.
class InstanceProvider {
  public:
    virtual ~InstanceProvider() = default;

    /// Starts one agent. Fails with unavailable or resource_exhausted.
    virtual Result<std::unique_ptr<AgentConnection>> start() = 0;
};

}  // namespace darkroom::cluster
