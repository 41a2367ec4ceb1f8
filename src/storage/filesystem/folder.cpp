// SPDX-License-Identifier: Apache-2.0
#include "storage/filesystem/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/file.h"

namespace darkroom::storage {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

using FolderStream = std::unique_ptr<DIR, CloseFolder>;

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

std::int64_t milliseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000 + time.tv_nsec / 1'000'000;
}

Result<FolderStream> read_folder(const Descriptor& folder) {
    Descriptor copy(::openat(folder.get(), ".", kFolderFlags));
    if (!copy.is_open()) return system_error("cannot read the folder", ".", errno);
    FolderStream stream(::fdopendir(copy.get()));
    if (stream == nullptr) return system_error("cannot read the folder", ".", errno);
    static_cast<void>(copy.release());
    return stream;
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

Result<void> list_object_or_folder(
    const Descriptor& parent, const ObjectKey& key, std::vector<ObjectEntry>& entries) {
    const std::string name = key.segments().back();
    struct stat status {};
    if (::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return {};
        return system_error("cannot read", key.text(), errno);
    }
    if (S_ISREG(status.st_mode)) {
        const auto size = static_cast<std::uint64_t>(status.st_size);
        entries.push_back(ObjectEntry{key, size, milliseconds(status.st_mtim)});
    }
    if (!S_ISDIR(status.st_mode)) return {};
    const Result<Descriptor> below = open_one(parent, name);
    if (!below && below.error().code == ErrorCode::not_found) return {};
    if (!below) return below.error();
    return list_folder(*below, key.text() + "/", entries);
}

// The recursion ends where a key has too many segments.
Result<void> list_folder(
    const Descriptor& folder, const std::string& prefix, std::vector<ObjectEntry>& entries) {
    const Result<FolderStream> stream = read_folder(folder);
    // Removed since it was opened.
    if (!stream && stream.error().code == ErrorCode::not_found) return {};
    if (!stream) return stream.error();
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(stream->get());
        if (entry == nullptr) break;
        const Result<ObjectKey> key = ObjectKey::parse(prefix + entry->d_name);
        if (key) DARKROOM_TRY(list_object_or_folder(folder, *key, entries));
    }
    if (errno != 0) return system_error("cannot read the folder", prefix, errno);
    return {};
}

}  // namespace darkroom::storage
