// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "domain/task.h"
#include "domain/usage.h"
#include "storage/sqlite/connection.h"
#include "storage/task_requests.h"

/// The account of what tasks used, inside a transaction.
namespace darkroom::storage {

/// Keeps what a task used when its row goes.
Result<void> keep_usage(Connection& connection, const domain::Task& task);

/// See TaskStore::usage.
Result<std::vector<domain::Usage>> sum_usage(Connection& connection, const UsageFilter& filter);

/// See TaskStore::list_drawn.
Result<std::vector<DrawnTask>> list_drawn_tasks(Connection& connection, const DrawnFilter& filter);

}  // namespace darkroom::storage
