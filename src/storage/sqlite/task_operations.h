// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "domain/task.h"
#include "domain/task_lifecycle.h"
#include "storage/sqlite/connection.h"
#include "storage/task_requests.h"

/// The operations of TaskStore inside a transaction. Each may be run again after a rollback.
namespace darkroom::storage {

/// When an operation was asked for.
struct Moment {
    std::int64_t wall_ms = 0;
    std::int64_t boot_ms = 0;
};

Result<Submitted> submit_task(
    Connection& connection, const domain::NewTask& request, std::int64_t created_ms);

/// With its payload. Fails with not_found.
Result<domain::Task> get_task(Connection& connection, const domain::TaskId& id);

/// With its payload. Fails with not_found.
Result<domain::Task> find_named_task(Connection& connection, const TaskName& name);

Result<std::vector<domain::Task>> list_tasks(Connection& connection, const TaskFilter& filter);

Result<TaskCounts> count_tasks(Connection& connection, const CountFilter& filter);
Result<QueuedWork> sum_queued(Connection& connection, const CountFilter& filter);

Result<std::vector<BacklogEntry>> sum_backlog(Connection& connection, std::int64_t wall_ms);

Result<std::vector<domain::Task>> claim_tasks(
    Connection& connection, const ClaimRequest& request, Moment now);

Result<std::vector<HeartbeatReply>> renew_leases(
    Connection& connection, const Heartbeat& request, Moment now);

Result<EndedLeases> release_leases_of(
    Connection& connection, const AgentRelease& request, const domain::FailureContext& context);

/// Puts every held task back, at no cost to its retry budget: for the start of a server.
Result<EndedLeases> release_all_leases(
    Connection& connection, const domain::FailureContext& context);

Result<EndedLeases> end_overdue(
    Connection& connection, const domain::FailureContext& context, std::int64_t boot_ms);

/// See TaskStore::list_ended. Reads an index alone.
Result<std::vector<EndedTask>> list_ended_tasks(Connection& connection, const EndedFilter& filter);

/// See TaskStore::give_up_pictures.
Result<void> give_up_pictures_of(
    Connection& connection, const domain::TaskId& id, std::int64_t wall_ms);

/// See TaskStore::remove.
Result<void> remove_task(Connection& connection, const domain::TaskId& id);

}  // namespace darkroom::storage
