// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scheduling/placement.h"
#include "scheduling/workload.h"

namespace darkroom::scheduling {

enum class Policy {
    first_in_first_out,
    /// Start-time fair queuing alone: the tags decide, whatever is loaded.
    fair_queuing,
    ours,
};

struct SimulationOptions {
    Policy policy = Policy::ours;
    std::size_t agents = 8;
    /// Checkpoints that an agent's host keeps in memory.
    std::size_t cached_models = 6;
    double cached_load_s = 2.8;
    double cold_load_s = 34.7;
    PlacementPolicy placement = {};
};

/// What became of one arrival.
struct Served {
    double begun_s = 0.0;
    double ended_s = 0.0;
};

struct Outcome {
    /// In the order of the arrivals.
    std::vector<Served> served;
    double switches_per_task = 0.0;
    /// True when at some moment an agent stood idle while tasks waited.
    bool was_idle_with_work = false;

    double mean_s = 0.0;
    double p50_s = 0.0;
    double p95_s = 0.0;
    /// The largest of the tenants with ten tasks or more: mean time in the system over time of
    /// service.
    double worst_tenant_slowdown = 0.0;
};

/// Serves the arrivals, one task at a time per agent, on a virtual clock: with the product's cost
/// model, tags and placement, or first in, first out.
Outcome simulate(const std::vector<Arrival>& arrivals, const SimulationOptions& options);

}  // namespace darkroom::scheduling
