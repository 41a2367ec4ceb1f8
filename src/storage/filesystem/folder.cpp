// SPDX-License-Identifier: Apache-2.0
#include "storage/filesystem/folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/file.h"

namespace darkroom::storage {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Error folder_error(const std::string& name, int error_number) {
    if (error_number == ENOTDIR || error_number == ELOOP) {
        return Error{ErrorCode::conflict, "not a folder: " + name, "key"};
    }
    return system_error("cannot open the folder", name, error_number);
}

Result<Descriptor> open_one(const Descriptor& parent, const std::string& name) {
    Descriptor folder(::openat(parent.get(), name.c_str(), kFolderFlags));
    if (!folder.is_open()) return folder_error(name, errno);
    return folder;
}

Result<void> create_one(const Descriptor& parent, const std::string& name) {
    if (::mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
        return system_error("cannot create the folder", name, errno);
    }
    return sync_folder(parent);
}

}  // namespace

Result<Descriptor> open_folder(
    const Descriptor& root, std::span<const std::string> segments, MissingFolders missing) {
    DARKROOM_TRY_ASSIGN(Descriptor folder, open_one(root, "."));
    for (const std::string& segment : segments) {
        Result<Descriptor> next = open_one(folder, segment);
        if (!next && next.error().code == ErrorCode::not_found &&
            missing == MissingFolders::create) {
            DARKROOM_TRY(create_one(folder, segment));
            next = open_one(folder, segment);
        }
        if (!next) return next.error();
        folder = *std::move(next);
    }
    return folder;
}

Result<void> sync_folder(const Descriptor& folder) {
    if (::fsync(folder.get()) == 0) return {};
    return system_error("cannot write the folder", ".", errno);
}

}  // namespace darkroom::storage
