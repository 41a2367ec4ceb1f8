// SPDX-License-Identifier: Apache-2.0
#include "scheduling/admission.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"

namespace darkroom::scheduling {
namespace {

constexpr double kLongestPause = 3'600.0;

bool exceeds(std::int64_t limit, std::int64_t waiting) {
    return limit > 0 && waiting >= limit;
}

bool exceeds(double limit, const QueueLoad& load, double cost_s) {
    return limit > 0.0 && load.tasks > 0 && load.seconds + cost_s > limit;
}

Error refuse(const char* reason, double value) {
    return Error{ErrorCode::resource_exhausted, format("{}: {:.0f}", reason, value)};
}

}  // namespace

Result<void> admit(const AdmissionLimits& limits, const QueueSituation& queue, double cost_s) {
    if (exceeds(limits.tasks_per_tenant, queue.tenant.tasks)) {
        return refuse(
            "too many of your tasks wait; the limit is",
            static_cast<double>(limits.tasks_per_tenant));
    }
    if (exceeds(limits.seconds_per_tenant, queue.tenant, cost_s)) {
        return refuse(
            "your waiting tasks are too much work; the limit in seconds is",
            limits.seconds_per_tenant);
    }
    if (exceeds(limits.tasks, queue.all.tasks)) {
        return refuse(
            "the queue is full; the limit of tasks is", static_cast<double>(limits.tasks));
    }
    if (exceeds(limits.seconds, queue.all, cost_s)) {
        return refuse("the queue is full; the limit in seconds is", limits.seconds);
    }
    return {};
}

std::int64_t retry_after_s(double waiting_s, std::int64_t agents) {
    const double share = waiting_s / static_cast<double>(std::max<std::int64_t>(agents, 1));
    return static_cast<std::int64_t>(std::ceil(std::clamp(share, 1.0, kLongestPause)));
}

}  // namespace darkroom::scheduling
