// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/migrations.h"

namespace darkroom::storage {

/// The number of steps a database has seen; 0 for an empty one. Fails with corrupt_input for one
/// that is not ours.
Result<std::int64_t> schema_version(Connection& connection);

/// Brings the schema up to the last of `steps`, each step in a transaction of its own, and stamps
/// it with `wall_ms`. Fails with unimplemented for a database of a newer version and with
/// corrupt_input for one that is not ours; neither is changed.
Result<void> migrate(
    Connection& connection, const std::vector<Migration>& steps, std::int64_t wall_ms);

}  // namespace darkroom::storage
