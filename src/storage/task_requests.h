// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/task.h"
#include "domain/task_event.h"
#include "domain/task_lifecycle.h"
#include "domain/usage.h"

/// Requests and replies of TaskStore.
namespace darkroom::storage {

inline constexpr std::int64_t kDefaultLeaseMs = 30'000;

struct Submitted {
    domain::Task task;
    /// False when the same request had been submitted under the same key before.
    bool is_new = true;
};

/// The name that a caller gave a task when it submitted it.
struct TaskName {
    std::string tenant;
    std::string idempotency_key;
};

struct TaskFilter {
    /// Every tenant when absent.
    std::optional<std::string> tenant = {};
    /// Any state when empty.
    std::vector<domain::TaskState> states = {};
    /// Only tasks submitted before this one: the last of the previous page.
    std::optional<domain::TaskId> before = {};
    std::int32_t limit = 100;
    /// Reads `request` and `result` too; they may be megabytes each.
    bool with_payload = false;
};

struct CountFilter {
    /// Every tenant when absent.
    std::optional<std::string> tenant = {};
};

/// States without tasks are absent.
using TaskCounts = std::map<domain::TaskState, std::int64_t>;

/// Tasks of one checkpoint and priority that may be claimed now.
struct BacklogEntry {
    /// Empty for tasks that need none.
    std::string model = {};
    std::int32_t priority = 0;
    std::int64_t tasks = 0;
    /// Sum of their predicted device time.
    double cost_s = 0.0;
    double least_vft = 0.0;
    /// Wall time of the oldest submit.
    std::int64_t oldest_ms = 0;

    bool operator==(const BacklogEntry&) const = default;
};

/// Tasks that are queued, and their predicted device time together.
struct QueuedWork {
    std::int64_t tasks = 0;
    double seconds = 0;
};

// The quotas of PUT /admin/tenants/{name} that a store looks at.
inline constexpr const char* kQueuedTasksQuota = "quotas.queuedTasks";
inline constexpr const char* kQueuedSecondsQuota = "quotas.queuedSeconds";

/// Whether a new task may join what waits of its tenant: see TaskStore::submit.
Result<void> check_bounds(const domain::NewTask& request, const QueuedWork& queued);

struct ClaimRequest {
    std::string agent;
    /// Checkpoints to claim for, an empty name for tasks that need none; all when the list is
    /// empty.
    std::vector<std::string> models = {};
    std::int32_t max_count = 1;
    std::int64_t lease_ms = kDefaultLeaseMs;
    /// False for an agent that has tasks: a suspect (domain::is_suspect) is drawn alone.
    bool takes_suspects = true;
};

struct HeldTask {
    domain::TaskId id;
    std::int64_t attempt = 0;
};

struct Heartbeat {
    std::string agent;
    std::vector<HeldTask> tasks;
    std::int64_t lease_ms = kDefaultLeaseMs;
};

struct HeartbeatReply {
    domain::TaskId id;
    domain::LeaseStatus status = domain::LeaseStatus::lost;
};

struct FinishedAttempt {
    domain::LeaseToken token;
    /// JSON text for Task::result.
    std::string result;
    /// Size of the pictures that were stored.
    std::int64_t result_bytes = 0;
    /// As domain::Task::device_s.
    double device_s = 0.0;
};

struct FailedAttempt {
    domain::LeaseToken token;
    domain::TaskFailure failure;
};

struct AgentRelease {
    std::string agent;
    /// True when the agent crashed, false when it was drained.
    bool counts_as_failure = true;
};

/// Tasks that were ended or put back by the store itself.
struct EndedLeases {
    std::vector<domain::TaskId> requeued = {};
    std::vector<domain::TaskId> cancelled = {};
    std::vector<domain::TaskId> dead = {};
    /// Waited past their deadline; no lease was on these.
    std::vector<domain::TaskId> expired = {};

    void add(const domain::TaskId& id, domain::ReleaseOutcome outcome);

    [[nodiscard]] bool empty() const {
        return requeued.empty() && cancelled.empty() && dead.empty() && expired.empty();
    }
};

struct EventFilter {
    /// Every tenant when absent.
    std::optional<std::string> tenant = {};
    /// Every task when absent.
    std::optional<domain::TaskId> task = {};
    /// Only events after this one.
    std::int64_t after = 0;
    std::int32_t limit = 100;
};

struct EventPage {
    /// Oldest first.
    std::vector<domain::TaskEvent> events;
    /// The last sequence that the log gave out, to any task; 0 before the first.
    std::int64_t newest = 0;
};

/// Tasks that ended a while ago.
struct EndedFilter {
    /// Tenants that are not in `of_tenant`: ended before this wall time. None when absent.
    std::optional<std::int64_t> before_ms = {};
    /// Tenants with a time of their own.
    std::map<std::string, std::optional<std::int64_t>> of_tenant = {};
    std::int32_t limit = 100;
};

struct EndedTask {
    domain::TaskId id;
    std::string tenant;
    std::int64_t finished_ms = 0;
};

/// What a task took that was drawn to its end: what the cost model learns from.
struct DrawnTask {
    /// What drew it: the checkpoint, or the kind of a task that needs none.
    std::string function;
    double work_size = 0.0;
    double device_s = 0.0;
};

struct DrawnFilter {
    std::int32_t limit = 100;
};

struct UsageFilter {
    /// Every tenant when absent.
    std::optional<std::string> tenant = {};
    /// Days since 1970-01-01, both included.
    std::int64_t first_day = 0;
    std::int64_t last_day = 0;
};

// The answers that every store gives in the same words.
Error no_such_task();
Error task_id_taken();
Error idempotency_key_reused();
Error task_not_final();

/// Refuse, with invalid_argument and the field, what no store can take: an empty tenant, kind,
/// agent or name of a task, a number that is not finite, a count or lease out of range.
Result<void> validate(const domain::NewTask& request);
Result<void> validate(const TaskName& request);
Result<void> validate(const TaskFilter& request);
Result<void> validate(const ClaimRequest& request);
Result<void> validate(const Heartbeat& request);
Result<void> validate(const AgentRelease& request);
Result<void> validate(const EventFilter& request);
Result<void> validate(const UsageFilter& request);
Result<void> validate(const EndedFilter& request);
Result<void> validate(const FinishedAttempt& request);
Result<void> validate(const DrawnFilter& request);

}  // namespace darkroom::storage
