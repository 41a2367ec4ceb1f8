// SPDX-License-Identifier: Apache-2.0
#include "storage/task_requests.h"

#include <cmath>
#include <string_view>

#include "base/format.h"

namespace darkroom::storage {
namespace {

constexpr std::int32_t kMostTasksPerCall = 1'000;
/// Sums over very many tasks stay far from overflow.
constexpr std::int64_t kMostOfOneTask = std::int64_t{1} << 48;
constexpr std::int64_t kLongestUsageDays = 3'660;
constexpr std::int64_t kLongestLeaseMs = 24LL * 60 * 60 * 1'000;

Result<void> require_text(std::string_view text, const char* field) {
    if (!text.empty()) return {};
    return Error{ErrorCode::invalid_argument, format("must not be empty: {}", field), field};
}

struct Range {
    std::int64_t least;
    std::int64_t most;
};

Result<void> require_range(std::int64_t value, Range range, const char* field) {
    if (value >= range.least && value <= range.most) return {};
    return Error{
        ErrorCode::invalid_argument,
        format("{} must be {} to {}: {}", field, range.least, range.most, value),
        field};
}

Result<void> require_finite(double value, const char* field) {
    if (std::isfinite(value)) return {};
    return Error{ErrorCode::invalid_argument, format("must be a finite number: {}", field), field};
}

}  // namespace

void EndedLeases::add(const domain::TaskId& id, domain::ReleaseOutcome outcome) {
    switch (outcome) {
        case domain::ReleaseOutcome::requeued:
            requeued.push_back(id);
            break;
        case domain::ReleaseOutcome::cancelled:
            cancelled.push_back(id);
            break;
        case domain::ReleaseOutcome::dead:
            dead.push_back(id);
            break;
    }
}

Error no_such_task() {
    return Error{ErrorCode::not_found, "no such task", "task_id"};
}

Error task_id_taken() {
    return Error{ErrorCode::conflict, "the task id is taken", "task_id"};
}

Error idempotency_key_reused() {
    return Error{
        ErrorCode::conflict,
        "the idempotency key was used before for a different request",
        "idempotency_key"};
}

Error task_not_final() {
    return Error{
        ErrorCode::conflict, "the task has not ended yet; cancel it before removing it", "task_id"};
}

Result<void> check_bounds(const domain::NewTask& request, const QueuedWork& queued) {
    const domain::QueueBounds& bounds = request.bounds;
    if (bounds.tasks && queued.tasks >= *bounds.tasks) {
        return Error{
            ErrorCode::resource_exhausted,
            format(
                "the tenant's quota of queued tasks is used up ({}: {})",
                kQueuedTasksQuota,
                *bounds.tasks),
            kQueuedTasksQuota};
    }
    if (bounds.seconds && queued.seconds + request.cost_s > *bounds.seconds) {
        return Error{
            ErrorCode::resource_exhausted,
            format(
                "the tenant's quota of queued work is used up, in predicted seconds ({}: {})",
                kQueuedSecondsQuota,
                *bounds.seconds),
            kQueuedSecondsQuota};
    }
    return {};
}

Result<void> validate(const domain::NewTask& request) {
    DARKROOM_TRY(require_text(request.tenant, "tenant"));
    DARKROOM_TRY(require_text(request.kind, "kind"));
    DARKROOM_TRY(require_finite(request.cost_s, "cost_s"));
    DARKROOM_TRY(require_finite(request.work_size, "work_size"));
    DARKROOM_TRY(require_range(request.pictures, {0, kMostOfOneTask}, "pictures"));
    DARKROOM_TRY(require_range(request.step_pixels, {0, kMostOfOneTask}, "step_pixels"));
    return require_finite(request.vft, "vft");
}

Result<void> validate(const TaskName& request) {
    DARKROOM_TRY(require_text(request.tenant, "tenant"));
    return require_text(request.idempotency_key, "idempotency_key");
}

Result<void> validate(const TaskFilter& request) {
    return require_range(request.limit, {1, kMostTasksPerCall}, "limit");
}

Result<void> validate(const ClaimRequest& request) {
    DARKROOM_TRY(require_text(request.agent, "agent"));
    DARKROOM_TRY(require_range(request.max_count, {1, kMostTasksPerCall}, "max_count"));
    return require_range(request.lease_ms, {1, kLongestLeaseMs}, "lease_ms");
}

Result<void> validate(const Heartbeat& request) {
    DARKROOM_TRY(require_text(request.agent, "agent"));
    const auto count = static_cast<std::int64_t>(request.tasks.size());
    DARKROOM_TRY(require_range(count, {0, kMostTasksPerCall}, "tasks"));
    return require_range(request.lease_ms, {1, kLongestLeaseMs}, "lease_ms");
}

Result<void> validate(const EndedFilter& request) {
    return require_range(request.limit, {1, kMostTasksPerCall}, "limit");
}

Result<void> validate(const FinishedAttempt& request) {
    if (std::isfinite(request.device_s) && request.device_s >= 0.0) return {};
    return Error{
        ErrorCode::invalid_argument, "must be a finite number from 0 up: device_s", "device_s"};
}

Result<void> validate(const DrawnFilter& request) {
    return require_range(request.limit, {1, kMostTasksPerCall}, "limit");
}

Result<void> validate(const AgentRelease& request) {
    return require_text(request.agent, "agent");
}

Result<void> validate(const EventFilter& request) {
    return require_range(request.limit, {1, kMostTasksPerCall}, "limit");
}

Result<void> validate(const UsageFilter& request) {
    constexpr std::int64_t kLastDay = 100'000'000;
    DARKROOM_TRY(require_range(request.first_day, {0, kLastDay}, "first_day"));
    return require_range(
        request.last_day,
        {request.first_day, request.first_day + kLongestUsageDays - 1},
        "last_day");
}

}  // namespace darkroom::storage
