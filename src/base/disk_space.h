// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace darkroom {

struct DiskSpace {
    /// What a process without privileges may still write.
    std::uint64_t free_bytes = 0;
    std::uint64_t total_bytes = 0;
};

/// Of the file system that a path lies on. Fails with not_found, permission_denied or unavailable.
Result<DiskSpace> disk_space(const std::filesystem::path& path);

}  // namespace darkroom
