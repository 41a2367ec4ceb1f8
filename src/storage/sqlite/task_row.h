// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/task.h"
#include "storage/sqlite/connection.h"

namespace darkroom::storage {

/// Whether to read Task::request and Task::result, which lie in tables of their own.
enum class Payload { without, with };

/// Prepares "SELECT <the columns of read_tasks> FROM task <rest>".
Result<Statement> select_tasks(Connection& connection, Payload payload, std::string_view rest);

/// Every row of a bound select_tasks. Fails with corrupt_input for a row that is no task.
Result<std::vector<domain::Task>> read_tasks(Statement& statement, Payload payload);

Result<std::optional<domain::Task>> find_task(
    Connection& connection, const domain::TaskId& id, Payload payload);

/// With the event of its submission, and of its end when it is done already.
Result<void> insert_task(Connection& connection, const domain::Task& task);

/// Writes what changed between two versions of a row, the result included, and the event of a
/// changed state. The row must still be as `before`; within the writer's transaction anything else
/// is a broken invariant.
Result<void> update_task(
    Connection& connection,
    const domain::Task& before,
    const domain::Task& after,
    std::int64_t wall_ms);

/// With its payload and its events.
Result<void> delete_task(Connection& connection, const domain::TaskId& id);

}  // namespace darkroom::storage
