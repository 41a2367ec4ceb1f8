// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace darkroom {

/// What tells a file from another one that took its name: a copy, a replacement by rename and an
/// edit in place all change it.
struct FileIdentity {
    std::uint64_t size_bytes = 0;
    /// Time of the last change of the contents, nanoseconds since the Unix epoch.
    std::int64_t changed_ns = 0;
    std::uint64_t inode = 0;

    static FileIdentity from(const struct stat& status);

    /// "<size>-<changed>-<inode>": for comparing, nothing else.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Of the file behind symbolic links. Fails with not_found, permission_denied, or corrupt_input for
/// what is no regular file.
Result<FileIdentity> identify_file(const std::filesystem::path& path);

}  // namespace darkroom
