// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/database_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/format.h"

namespace darkroom::storage {

Result<DatabaseLock> DatabaseLock::acquire(const std::filesystem::path& database) {
    const std::filesystem::path path = database.string() + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return system_error("cannot open the task database", database, errno);
    DatabaseLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return system_error("cannot lock the task database", database, errno);
    return Error{
        ErrorCode::conflict,
        format("another server is using the task database {}", database.string())};
}

DatabaseLock::~DatabaseLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

DatabaseLock::DatabaseLock(DatabaseLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace darkroom::storage
