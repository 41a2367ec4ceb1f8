// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/database_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/format.h"
#include "storage/sqlite/database_lock.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/sqlite_audit_log.h"
#include "storage/sqlite/task_operations.h"

namespace darkroom::storage {
namespace {

namespace fs = std::filesystem;

Error damaged(const Error& cause) {
    return Error{ErrorCode::corrupt_input, "the database is damaged: " + cause.message};
}

Result<void> add_integrity_problems(Connection& connection, std::vector<std::string>& problems) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare("PRAGMA integrity_check"));
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return {};
        std::string line = statement.text(0);
        if (line != "ok") problems.push_back(std::move(line));
    }
}

Result<void> add_dangling_rows(Connection& connection, std::vector<std::string>& problems) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check"
                           " GROUP BY 1, 2"));
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return {};
        problems.push_back(format(
            "rows of {} without their row of {}: {}",
            statement.text(0),
            statement.text(1),
            statement.integer(2)));
    }
}

/// What was written to the file or folder survives a power cut.
Result<void> sync(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return system_error("cannot open", path, errno);
    const bool is_synced = ::fsync(descriptor) == 0;
    const int error_number = errno;
    ::close(descriptor);
    if (!is_synced) return system_error("cannot write", path, error_number);
    return {};
}

fs::path beside(const fs::path& database, const char* suffix) {
    return database.string() + suffix;
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) return system_error("cannot rename", from, error.value());
    return {};
}

/// Moves a database that nobody uses out of the way, whole: SQLite finds the log by the name.
Result<void> set_aside(const fs::path& database) {
    const fs::path aside = beside(database, ".replaced");
    // Closing the only connection writes the log into the file. One that is too damaged for that
    // keeps its log.
    static_cast<void>(Connection::open(database, {}));
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"})
        fs::remove(beside(aside, suffix), ignored);
    for (const char* suffix : {"-wal", "-shm"}) {
        if (fs::exists(beside(database, suffix), ignored))
            DARKROOM_TRY(move_file(beside(database, suffix), beside(aside, suffix)));
    }
    return move_file(database, aside);
}

Result<void> check_restorable(DatabaseReader& reader) {
    DARKROOM_TRY_ASSIGN(const DatabaseReport report, reader.inspect());
    if (!report.problems.empty()) {
        return Error{ErrorCode::corrupt_input, "the backup is damaged: " + report.problems.front()};
    }
    if (report.schema_version <= report.known_version) return {};
    return Error{
        ErrorCode::unimplemented,
        format(
            "the backup was written by a newer version of darkroom; restore it with that one"
            " (schema {}, this program knows {})",
            report.schema_version,
            report.known_version)};
}

}  // namespace

Result<DatabaseReader> DatabaseReader::open(const fs::path& file) {
    std::error_code error;
    if (!fs::exists(file, error)) {
        return Error{ErrorCode::not_found, format("there is no database {}", file.string())};
    }
    DARKROOM_TRY_ASSIGN(Connection connection, Connection::open_existing(file));
    return DatabaseReader(std::move(connection));
}

Result<DatabaseReport> DatabaseReader::inspect() {
    DatabaseReport report;
    report.known_version = static_cast<std::int64_t>(migrations().size());
    const Result<std::int64_t> version = schema_version(connection_);
    if (!version) return damaged(version.error());
    report.schema_version = *version;
    const Result<void> checked = add_integrity_problems(connection_, report.problems);
    if (!checked) return damaged(checked.error());
    DARKROOM_TRY(add_dangling_rows(connection_, report.problems));
    if (report.schema_version == 0 || report.schema_version > report.known_version) return report;
    DARKROOM_TRY_ASSIGN(report.tasks, count_tasks(connection_, {}));
    return report;
}

Result<AuditReport> DatabaseReader::verify_audit() {
    const Result<std::int64_t> tables = connection_.integer(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('audit',"
        " 'audit_head')");
    if (!tables) return damaged(tables.error());
    if (*tables != 2) return Error{ErrorCode::corrupt_input, "the database has no audit log"};
    DARKROOM_TRY(connection_.run("BEGIN"));
    AuditReport report;
    Result<domain::AuditVerdict> verdict = storage::verify_audit(connection_);
    const Result<std::int64_t> accounts = connection_.integer(
        "SELECT (SELECT count(*) FROM api_key) + (SELECT count(*) FROM account)");
    DARKROOM_TRY(connection_.run("COMMIT"));
    if (!verdict) return damaged(verdict.error());
    if (!accounts) return damaged(accounts.error());
    report.verdict = *std::move(verdict);
    report.accounts = *accounts;
    return report;
}

Result<void> DatabaseReader::copy_to(const fs::path& to) {
    std::error_code error;
    if (fs::exists(to, error)) {
        return Error{ErrorCode::conflict, format("the file exists already: {}", to.string())};
    }
    const std::string name = to.string();
    DARKROOM_TRY_ASSIGN(Statement statement, connection_.prepare("VACUUM INTO ?"));
    statement.bind_all(name);
    const Result<void> copied = statement.run();
    if (!copied) {
        fs::remove(to, error);
        return copied.error().with_context("cannot copy the database");
    }
    fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
    return sync(to);
}

Result<std::vector<TaskRecord>> DatabaseReader::records(std::int64_t after, std::int64_t limit) {
    // The database may be of an older version, whose pictures all stayed.
    DARKROOM_TRY_ASSIGN(
        const std::int64_t knows_removal,
        connection_.integer("SELECT count(*) FROM pragma_table_info('task') WHERE name ="
                            " 'pictures_removed_ms'"));
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection_.prepare(format(
            "SELECT sequence, id, state, attempt, coalesce(body, ''), {} FROM task LEFT JOIN"
            " task_result USING (sequence) WHERE sequence > ? ORDER BY sequence LIMIT ?",
            knows_removal != 0 ? "pictures_removed_ms IS NOT NULL" : "0")));
    statement.bind_all(after, limit);
    std::vector<TaskRecord> records;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return records;
        DARKROOM_TRY_ASSIGN(domain::TaskId id, domain::TaskId::parse(statement.text(1)));
        DARKROOM_TRY_ASSIGN(
            const domain::TaskState state, domain::parse_task_state(statement.text(2)));
        records.push_back(
            {statement.integer(0),
             std::move(id),
             state,
             statement.integer(3),
             statement.text(4),
             statement.integer(5) != 0});
    }
}

Result<void> replace_database(
    const fs::path& source, const fs::path& database, ReplaceOptions options) {
    DARKROOM_TRY_ASSIGN(const DatabaseLock lock, DatabaseLock::acquire(database));
    std::error_code error;
    const bool is_there = fs::exists(database, error);
    if (is_there && !options.may_replace) {
        return Error{
            ErrorCode::conflict, format("there is a task database already: {}", database.string())};
    }
    const fs::path staged = beside(database, ".restoring");
    fs::remove(staged, error);
    {
        DARKROOM_TRY_ASSIGN(DatabaseReader backup, DatabaseReader::open(source));
        DARKROOM_TRY(check_restorable(backup));
        DARKROOM_TRY(backup.copy_to(staged));
    }
    if (is_there) DARKROOM_TRY(set_aside(database));
    DARKROOM_TRY(move_file(staged, database));
    const fs::path folder = database.has_parent_path() ? database.parent_path() : ".";
    return sync(folder);
}

}  // namespace darkroom::storage
