// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"

namespace darkroom::storage {

/// Keeps a second server off the same task database: opening it ends every lease, so two at once
/// would draw everything twice. An flock on "<database>.lock"; the kernel drops it with the
/// process.
class DatabaseLock {
  public:
    /// Fails with conflict when another store holds it, permission_denied or not_found when the
    /// folder cannot be written.
    static Result<DatabaseLock> acquire(const std::filesystem::path& database);

    ~DatabaseLock();
    DatabaseLock(DatabaseLock&& other) noexcept;
    DatabaseLock& operator=(DatabaseLock&&) = delete;

  private:
    explicit DatabaseLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace darkroom::storage
