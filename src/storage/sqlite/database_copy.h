// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/audit.h"
#include "domain/task.h"
#include "storage/sqlite/connection.h"
#include "storage/task_requests.h"

/// Looking at, copying and replacing a task database, for people. Reading goes on beside a server
/// that uses the file.
namespace darkroom::storage {

/// What a look at a database finds.
struct DatabaseReport {
    std::int64_t schema_version = 0;
    /// What this program knows.
    std::int64_t known_version = 0;
    /// Of SQLite's integrity and foreign key checks; empty when it is whole.
    std::vector<std::string> problems = {};
    TaskCounts tasks = {};
};

/// A task, as far as its pictures go.
struct TaskRecord {
    std::int64_t sequence = 0;
    domain::TaskId id;
    domain::TaskState state = domain::TaskState::queued;
    std::int64_t attempt = 0;
    /// JSON text; empty unless succeeded.
    std::string result;
    /// True once the sweeper took its pictures.
    bool has_given_up_pictures = false;
};

struct AuditReport {
    domain::AuditVerdict verdict;
    /// Keys and users that there are; each left a record when it was made.
    std::int64_t accounts = 0;
};

class DatabaseReader {
  public:
    /// Fails with not_found, permission_denied or corrupt_input.
    static Result<DatabaseReader> open(const std::filesystem::path& file);

    /// Reads the whole file. A database of a newer version has no counts. Fails with corrupt_input
    /// for what is no database of ours, or as SQLite does.
    Result<DatabaseReport> inspect();

    /// The state of one moment, as one file that is on the disk when this returns. Fails with
    /// conflict when `to` is there, insufficient_storage for a full disk.
    Result<void> copy_to(const std::filesystem::path& to);

    /// Reads the whole audit log, as it is at one moment. Fails with corrupt_input for a database
    /// that has none.
    Result<AuditReport> verify_audit();

    /// The tasks after a sequence, oldest first; empty at the end.
    Result<std::vector<TaskRecord>> records(std::int64_t after, std::int64_t limit);

  private:
    explicit DatabaseReader(Connection connection) : connection_(std::move(connection)) {}

    Connection connection_;
};

struct ReplaceOptions {
    /// Allows that a database is there; it is kept beside the new one as "tasks.db.replaced".
    bool may_replace = false;
};

/// Puts a copy of the database `source` in the place of `database`. Fails with conflict when a
/// server uses it, or when it is there and may not be replaced; with unimplemented when `source` is
/// of a newer version, corrupt_input when it is damaged. `database` is as before then.
Result<void> replace_database(
    const std::filesystem::path& source,
    const std::filesystem::path& database,
    ReplaceOptions options = {});

}  // namespace darkroom::storage
