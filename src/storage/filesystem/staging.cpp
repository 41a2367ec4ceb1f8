// SPDX-License-Identifier: Apache-2.0
#include "storage/filesystem/staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "storage/filesystem/folder.h"

namespace darkroom::storage {
namespace {

constexpr std::time_t kAbandonedAfterSeconds = 24 * 60 * 60;
constexpr mode_t kFileMode = 0644;

Result<void> write_all(const Descriptor& file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("cannot write", "the object", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    if (::fsync(file.get()) != 0) return system_error("cannot write", "the object", errno);
    return {};
}

Descriptor create_unnamed(const Descriptor& folder) {
    return Descriptor(::openat(folder.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, kFileMode));
}

/// 0 or the error number.
int give_name(const Descriptor& file, const Descriptor& folder, const std::string& name) {
    const std::string source = format("/proc/self/fd/{}", file.get());
    const int result =
        ::linkat(AT_FDCWD, source.c_str(), folder.get(), name.c_str(), AT_SYMLINK_FOLLOW);
    return result == 0 ? 0 : errno;
}

bool can_name_unnamed_files(const Descriptor& folder) {
    const Descriptor file = create_unnamed(folder);
    if (!file.is_open()) return false;
    const std::string name = random_id();
    if (give_name(file, folder, name) != 0) return false;
    ::unlinkat(folder.get(), name.c_str(), 0);
    return true;
}

void remove_abandoned(const Descriptor& folder) {
    const int copy = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (stream == nullptr) return;
    const std::time_t now = std::time(nullptr);
    while (const dirent* entry = ::readdir(stream)) {
        struct stat status {};
        if (::fstatat(folder.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (!S_ISREG(status.st_mode) || now - status.st_mtime < kAbandonedAfterSeconds) continue;
        ::unlinkat(folder.get(), entry->d_name, 0);
    }
    ::closedir(stream);
}

}  // namespace

Result<Staging> Staging::open(const Descriptor& root, Options options) {
    const std::string name = kFolder;
    DARKROOM_TRY_ASSIGN(Descriptor folder, open_folder(root, {&name, 1}, MissingFolders::create));
    remove_abandoned(folder);
    const bool use_unnamed = options.allow_unnamed_files && can_name_unnamed_files(folder);
    return Staging(std::move(folder), use_unnamed);
}

Result<void> Staging::publish(
    const Descriptor& folder, const std::string& name, std::span<const std::byte> bytes) const {
    DARKROOM_TRY(
        uses_unnamed_files_ ? publish_unnamed(folder, name, bytes)
                            : publish_named(folder, name, bytes));
    return sync_folder(folder);
}

Result<void> Staging::publish_unnamed(
    const Descriptor& folder, const std::string& name, std::span<const std::byte> bytes) const {
    // Not in `folder`: when that was just removed, ext4 answers EPERM instead of ENOENT.
    const Descriptor file = create_unnamed(folder_);
    if (!file.is_open()) return system_error("cannot write", name, errno);
    DARKROOM_TRY(write_all(file, bytes));
    const int error_number = give_name(file, folder, name);
    if (error_number == 0) return {};
    if (error_number != EEXIST) return system_error("cannot write", name, error_number);
    const std::string staged = random_id();
    const int staged_error = give_name(file, folder_, staged);
    if (staged_error != 0) return system_error("cannot write", name, staged_error);
    return move_out(staged, folder, name);
}

Result<void> Staging::publish_named(
    const Descriptor& folder, const std::string& name, std::span<const std::byte> bytes) const {
    const std::string staged = random_id();
    const Descriptor file(::openat(
        folder_.get(), staged.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kFileMode));
    if (!file.is_open()) return system_error("cannot write", name, errno);
    Result<void> written = write_all(file, bytes);
    if (!written) {
        ::unlinkat(folder_.get(), staged.c_str(), 0);
        return written;
    }
    return move_out(staged, folder, name);
}

Result<void> Staging::move_out(
    const std::string& staged, const Descriptor& folder, const std::string& name) const {
    const auto rename = [&] {
        return ::renameat(folder_.get(), staged.c_str(), folder.get(), name.c_str());
    };
    int result = rename();
    // A folder that lost its last object is no obstacle.
    if (result != 0 && errno == EISDIR &&
        ::unlinkat(folder.get(), name.c_str(), AT_REMOVEDIR) == 0) {
        result = rename();
    }
    if (result == 0) return {};
    const int error_number = errno;
    ::unlinkat(folder_.get(), staged.c_str(), 0);
    if (error_number == EISDIR || error_number == ENOTEMPTY || error_number == EEXIST) {
        return Error{ErrorCode::conflict, "the name is a folder: " + name, "key"};
    }
    return system_error("cannot write", name, error_number);
}

}  // namespace darkroom::storage
