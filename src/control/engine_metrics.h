// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cluster/agent_protocol.h"
#include "telemetry/metrics.h"

namespace darkroom::control {

/// What agents report of their engines.
class EngineMetrics {
  public:
    explicit EngineMetrics(telemetry::Metrics& metrics);

    void add(const cluster::EngineReport& report);
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
