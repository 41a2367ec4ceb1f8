// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "domain/task.h"

namespace darkroom::domain {

inline constexpr std::int64_t kMsPerDay = 24LL * 60 * 60 * 1'000;

/// What one tenant used of one checkpoint on one day (UTC) of submission.
struct Usage {
    std::string tenant;
    std::string model;
    /// Days since 1970-01-01.
    std::int64_t day = 0;
    /// Tasks that were submitted, whatever became of them.
    std::int64_t requests = 0;
    /// Of tasks that succeeded.
    std::int64_t pictures = 0;
    /// Steps times pixels over all pictures, of tasks that succeeded.
    std::int64_t step_pixels = 0;
    /// Time that agents drew, in all attempts.
    std::int64_t busy_ms = 0;
    /// Size of the pictures that were stored.
    std::int64_t bytes = 0;

    bool operator==(const Usage&) const = default;
};

inline std::int64_t usage_day(const Task& task) {
    return task.created_ms / kMsPerDay;
}

/// Adds a task to the row of its tenant, model and day.
inline void add_task(Usage& usage, const Task& task) {
    const bool has_result = task.state == TaskState::succeeded;
    ++usage.requests;
    usage.pictures += has_result ? task.pictures : 0;
    usage.step_pixels += has_result ? task.step_pixels : 0;
    usage.busy_ms += task.busy_ms;
    usage.bytes += task.result_bytes;
}

}  // namespace darkroom::domain
