// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::scheduling {

/// A task that arrives in a simulation.
struct Arrival {
    double time_s = 0.0;
    std::string tenant;
    std::string model;
    std::int64_t images = 1;
    /// Device seconds that it really takes.
    double seconds = 0.0;
};

struct WorkloadOptions {
    std::uint32_t seed = 1;
    double days = 23.0;
    /// Arrivals are compressed by this factor.
    double speed = 4.0;
};

/// Requests with the statistics of a production trace (scale-out.md 4.1): the popularity of
/// checkpoints and tenants, who stays with a checkpoint, images, seconds, the day's cycle and
/// bursts. The same options give the same arrivals, in the order of time.
std::vector<Arrival> generate_workload(const WorkloadOptions& options);

}  // namespace darkroom::scheduling
