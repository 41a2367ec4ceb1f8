// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/connection.h"

#include <sqlite3.h>

#include "base/format.h"
#include "storage/sqlite/sqlite_error.h"

namespace darkroom::storage {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

}  // namespace

void Connection::Close::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

void Connection::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Result<Connection> Connection::open(const std::filesystem::path& path, Options options) {
    constexpr int kFlags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &handle, kFlags, nullptr);
    Connection connection(handle);
    const std::string action = format("cannot open the task database {}", path.string());
    if (handle == nullptr) return Error{ErrorCode::resource_exhausted, action};
    if (result != SQLITE_OK) return sqlite_error(handle, action);
    const Result<void> configured = connection.configure(options);
    if (!configured) return configured.error().with_context(action);
    return connection;
}

Result<Connection> Connection::open_existing(const std::filesystem::path& path) {
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &handle, kFlags, nullptr);
    Connection connection(handle);
    const std::string action = format("cannot open the database {}", path.string());
    if (handle == nullptr) return Error{ErrorCode::resource_exhausted, action};
    if (result != SQLITE_OK) return sqlite_error(handle, action);
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    return connection;
}

Result<void> Connection::configure(Options options) {
    sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
    DARKROOM_TRY_ASSIGN(const std::string mode, text("PRAGMA journal_mode = WAL"));
    if (mode != "wal") {
        return Error{
            ErrorCode::unavailable,
            format("this file system does not support write-ahead logging, journal mode {}", mode)};
    }
    // FULL: with NORMAL a power cut takes the newest acknowledged commits.
    DARKROOM_TRY(run("PRAGMA synchronous = FULL"));
    DARKROOM_TRY(run("PRAGMA foreign_keys = ON"));
    if (options.max_bytes == 0) return {};
    DARKROOM_TRY_ASSIGN(const std::int64_t page_bytes, integer("PRAGMA page_size"));
    const std::uint64_t pages = options.max_bytes / static_cast<std::uint64_t>(page_bytes);
    DARKROOM_TRY(integer(format("PRAGMA max_page_count = {}", pages)));
    return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        sqlite3_stmt* statement = nullptr;
        const int result = sqlite3_prepare_v3(
            connection_.get(),
            sql.data(),
            static_cast<int>(sql.size()),
            SQLITE_PREPARE_PERSISTENT,
            &statement,
            nullptr);
        if (result != SQLITE_OK) return sqlite_error(connection_.get(), "task database");
        found = statements_.emplace(std::string(sql), PreparedStatement(statement)).first;
    }
    DARKROOM_CHECK(!sqlite3_stmt_busy(found->second.get()), "statement in use: {}", sql);
    return Statement(found->second.get());
}

Result<void> Connection::run(std::string_view sql) {
    DARKROOM_TRY_ASSIGN(Statement statement, prepare(sql));
    return statement.run();
}

Result<void> Connection::run_script(const std::string& sql) {
    const int result = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return sqlite_error(connection_.get(), "task database");
    return {};
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
    DARKROOM_TRY_ASSIGN(Statement statement, prepare(sql));
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    DARKROOM_CHECK(has_row, "no row: {}", sql);
    return statement.integer(0);
}

Result<std::string> Connection::text(std::string_view sql) {
    DARKROOM_TRY_ASSIGN(Statement statement, prepare(sql));
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    DARKROOM_CHECK(has_row, "no row: {}", sql);
    return statement.text(0);
}

bool Connection::is_in_transaction() const {
    return sqlite3_get_autocommit(connection_.get()) == 0;
}

std::int64_t Connection::changed_rows() const {
    return sqlite3_changes64(connection_.get());
}

}  // namespace darkroom::storage
