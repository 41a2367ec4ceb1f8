// SPDX-License-Identifier: Apache-2.0
#include "base/disk_space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "base/file.h"

namespace darkroom {

Result<DiskSpace> disk_space(const std::filesystem::path& path) {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0) return system_error("cannot look at", path, errno);
    const std::uint64_t unit = status.f_frsize;
    return DiskSpace{
        .free_bytes = unit * status.f_bavail,
        .total_bytes = unit * status.f_blocks,
    };
}

}  // namespace darkroom
