// SPDX-License-Identifier: Apache-2.0
#include "base/file_identity.h"

#include <cerrno>

#include "base/file.h"
#include "base/format.h"

namespace darkroom {

FileIdentity FileIdentity::from(const struct stat& status) {
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    return {
        static_cast<std::uint64_t>(status.st_size),
        status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
        status.st_ino};
}

std::string FileIdentity::text() const {
    return format("{}-{}-{}", size_bytes, changed_ns, inode);
}

Result<FileIdentity> identify_file(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return system_error("cannot read", path, errno);
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorCode::corrupt_input, format("not a regular file: {}", path.string())};
    }
    return FileIdentity::from(status);
}

}  // namespace darkroom
