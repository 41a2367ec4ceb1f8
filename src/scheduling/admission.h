// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "scheduling/waiting_line.h"

namespace darkroom::scheduling {

/// How much may wait. 0 is no limit.
struct AdmissionLimits {
    std::int64_t tasks_per_tenant = 1'000;
    std::int64_t tasks = 10'000;
    /// Predicted device seconds.
    double seconds_per_tenant = 0.0;
    double seconds = 0.0;
};

/// What a task would join.
struct QueueSituation {
    QueueLoad tenant;
    QueueLoad all;
};

/// Fails with resource_exhausted when a task of that cost would exceed a limit. A task that
/// exceeds a limit of seconds by itself is admitted to an empty queue.
Result<void> admit(const AdmissionLimits& limits, const QueueSituation& queue, double cost_s);

/// Seconds after which to try again (the header Retry-After): the time that so many agents need
/// for what waits, 1 to 3600.
std::int64_t retry_after_s(double waiting_s, std::int64_t agents);

}  // namespace darkroom::scheduling
