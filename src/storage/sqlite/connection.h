// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/sqlite/statement.h"

struct sqlite3;
struct sqlite3_stmt;

namespace darkroom::storage {

/// One SQLite connection with its prepared statements. Used by one thread at a time.
class Connection {
  public:
    struct Options {
        /// The file may grow to this size; 0 for no limit.
        std::uint64_t max_bytes = 0;
    };

    /// Opens or creates the file in WAL mode, where a COMMIT is on the disk when it returns.
    static Result<Connection> open(const std::filesystem::path& path, Options options);

    /// Opens a file that is there, as it is: for a look beside the server that uses it. Fails with
    /// not_found, permission_denied or corrupt_input.
    static Result<Connection> open_existing(const std::filesystem::path& path);

    /// The statement for a text that stays the same, prepared at its first use. One use at a time.
    Result<Statement> prepare(std::string_view sql);

    /// Prepares and runs a statement that returns no rows.
    Result<void> run(std::string_view sql);

    /// Runs a script, outside the cache. For migrations.
    Result<void> run_script(const std::string& sql);

    /// The first column of the only row of a query.
    Result<std::int64_t> integer(std::string_view sql);
    Result<std::string> text(std::string_view sql);

    [[nodiscard]] bool is_in_transaction() const;
    /// Rows that the last statement changed.
    [[nodiscard]] std::int64_t changed_rows() const;

  private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    using PreparedStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

    explicit Connection(sqlite3* connection) : connection_(connection) {}

    Result<void> configure(Options options);

    std::unique_ptr<sqlite3, Close> connection_;
    std::map<std::string, PreparedStatement, std::less<>> statements_;
};

}  // namespace darkroom::storage
