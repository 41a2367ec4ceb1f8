// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_database.h"

#include <utility>

#include "base/format.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/schema.h"

namespace darkroom::storage {

Result<std::shared_ptr<SqliteDatabase>> SqliteDatabase::open(
    const std::filesystem::path& path, Clock& clock, SqliteDatabaseOptions options) {
    DARKROOM_TRY_ASSIGN(DatabaseLock lock, DatabaseLock::acquire(path));
    DARKROOM_TRY_ASSIGN(
        Connection connection,
        Connection::open(path, Connection::Options{.max_bytes = options.max_bytes}));
    const Result<void> migrated = migrate(connection, migrations(), clock.wall_ms());
    if (!migrated) {
        return migrated.error().with_context(
            format("cannot use the task database {}", path.string()));
    }
    DARKROOM_TRY_ASSIGN(Connection reading, Connection::open(path, {}));
    DARKROOM_TRY(reading.run("PRAGMA query_only = ON"));
    Connections connections{std::move(connection), std::move(reading)};
    return std::shared_ptr<SqliteDatabase>(
        new SqliteDatabase(std::move(lock), std::move(connections), clock));
}

SqliteDatabase::SqliteDatabase(DatabaseLock lock, Connections connections, Clock& clock)
    : clock_(clock),
      lock_(std::move(lock)),
      writer_(std::move(connections.writing), ConnectionThread::Access::write),
      reader_(std::move(connections.reading), ConnectionThread::Access::read) {}

}  // namespace darkroom::storage
