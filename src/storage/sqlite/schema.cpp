// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/schema.h"

#include "base/format.h"

namespace darkroom::storage {
namespace {

constexpr const char* kCreateVersionTable =
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " applied_ms INTEGER NOT NULL) STRICT";

Result<void> stamp(
    Connection& connection, std::int64_t version, const std::string& name, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("INSERT INTO schema_version (version, name, applied_ms)"
                           " VALUES (?, ?, ?)"));
    statement.bind_all(version, name, wall_ms);
    return statement.run();
}

Result<void> apply(
    Connection& connection, std::int64_t version, const Migration& step, std::int64_t wall_ms) {
    if (version == 1) DARKROOM_TRY(connection.run(kCreateVersionTable));
    DARKROOM_TRY(connection.run_script(step.sql));
    return stamp(connection, version, step.name, wall_ms);
}

}  // namespace

Result<std::int64_t> schema_version(Connection& connection) {
    DARKROOM_TRY_ASSIGN(
        const std::int64_t tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
    if (tables == 0) return 0;
    DARKROOM_TRY_ASSIGN(
        const std::int64_t version_tables,
        connection.integer("SELECT count(*) FROM sqlite_schema"
                           " WHERE type = 'table' AND name = 'schema_version'"));
    if (version_tables == 0) {
        return Error{ErrorCode::corrupt_input, "the file is a SQLite database of another program"};
    }
    return connection.integer("SELECT coalesce(max(version), 0) FROM schema_version");
}

Result<void> migrate(
    Connection& connection, const std::vector<Migration>& steps, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(std::int64_t version, schema_version(connection));
    const auto latest = static_cast<std::int64_t>(steps.size());
    if (version > latest) {
        return Error{
            ErrorCode::unimplemented,
            format(
                "the task database was written by a newer version of darkroom; start that one or"
                " restore a backup (schema {}, this program knows {})",
                version,
                latest)};
    }
    while (version < latest) {
        const Migration& step = steps[static_cast<std::size_t>(version++)];
        DARKROOM_TRY(connection.run("BEGIN IMMEDIATE"));
        Result<void> applied = apply(connection, version, step, wall_ms);
        if (applied) applied = connection.run("COMMIT");
        if (applied) continue;
        if (connection.is_in_transaction()) DARKROOM_TRY(connection.run("ROLLBACK"));
        return applied.error().with_context(format("migration {}", step.name));
    }
    return {};
}

}  // namespace darkroom::storage
