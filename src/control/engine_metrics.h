// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cluster/agent_protocol.h"
#include "telemetry/metrics.h"

namespace darkroom::control {

/// Where the time of a task goes.
enum class TaskPhase {
    /// From its submission to its first step towards an agent, retries included.
    queued,
    /// From there to its result.
    drawn,
    /// Until its pictures are on the disk.
    stored,
};

/// What agents report of their engines, and what becomes of tasks.
class EngineMetrics {
  public:
    explicit EngineMetrics(telemetry::Metrics& metrics);

    void add(const cluster::EngineReport& report);
    void observe(TaskPhase phase, double seconds) const;
    void count_start() { starts_.increment(); }
    void count_death() { deaths_.increment(); }
    void set_agents(int count) { agents_.set(count); }

  private:
    telemetry::Metrics& metrics_;
    telemetry::Counter starts_;
    telemetry::Counter deaths_;
    telemetry::Gauge agents_;
};

}  // namespace darkroom::control
