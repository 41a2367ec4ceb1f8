// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "storage/sqlite/connection_thread.h"
#include "storage/sqlite/database_lock.h"

namespace darkroom::storage {

struct SqliteDatabaseOptions {
    /// Writes fail with insufficient_storage once the file has this size; 0 for no limit.
    std::uint64_t max_bytes = 0;
};

/// The one SQLite file of a server, which its stores share: WAL, synchronous=FULL, one writer
/// thread that groups commits, and one thread that only reads.
class SqliteDatabase {
  public:
    /// Opens or creates the file and brings its schema up to date. `clock` must outlive the
    /// database.
    ///
    /// Fails with not_found or permission_denied (folder), conflict (another server has it open),
    /// corrupt_input (damaged, or of another program), unimplemented (written by a newer version),
    /// insufficient_storage (full disk) or unavailable.
    static Result<std::shared_ptr<SqliteDatabase>> open(
        const std::filesystem::path& path, Clock& clock, SqliteDatabaseOptions options = {});

    [[nodiscard]] Clock& clock() { return clock_; }
    [[nodiscard]] ConnectionThread& writer() { return writer_; }
    /// Sees every operation of the writer whose caller has been told of it.
    [[nodiscard]] ConnectionThread& reader() { return reader_; }

  private:
    struct Connections {
        Connection writing;
        Connection reading;
    };
    SqliteDatabase(DatabaseLock lock, Connections connections, Clock& clock);

    Clock& clock_;
    DatabaseLock lock_;
    ConnectionThread writer_;
    ConnectionThread reader_;
};

}  // namespace darkroom::storage
