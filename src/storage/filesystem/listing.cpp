// SPDX-License-Identifier: Apache-2.0
#include "storage/filesystem/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <span>

#include "base/file.h"
#include "storage/filesystem/folder.h"

namespace darkroom::storage {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
/// Folders without objects cost another look each time that so many are passed.
constexpr std::size_t kFewestNames = 1'000;

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

using FolderStream = std::unique_ptr<DIR, CloseFolder>;

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

enum class EntryType { object, folder, neither };

EntryType type_of(mode_t mode) {
    if (S_ISREG(mode)) return EntryType::object;
    return S_ISDIR(mode) ? EntryType::folder : EntryType::neither;
}

EntryType type_of(const Descriptor& folder, const dirent& entry) {
    if (entry.d_type == DT_REG) return EntryType::object;
    if (entry.d_type == DT_DIR) return EntryType::folder;
    if (entry.d_type != DT_UNKNOWN) return EntryType::neither;
    struct stat status {};
    const char* name = static_cast<const char*>(entry.d_name);
    if (::fstatat(folder.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return EntryType::neither;
    }
    return type_of(status.st_mode);
}

}  // namespace

/// Names of a folder in the order of the keys that they lead to: a folder's has a final '/'.
struct Listing::Names {
    std::vector<std::string> names;
    /// There are further ones behind the last.
    bool has_more = false;
};

/// Whether the key of an object, or one below that of a folder, may come behind `after_`.
bool Listing::is_wanted(const std::string& key) const {
    return key > after_ || (key.ends_with('/') && after_.starts_with(key));
}

/// The first names behind `last` that lead to keys that are wanted.
Result<Listing::Names> Listing::names_in(
    const Descriptor& folder, const std::string& prefix, const std::string& last) const {
    const std::size_t most = std::max(limit_ - entries_.size(), kFewestNames);
    Names found;
    const Result<FolderStream> stream = read_folder(folder);
    // Removed since it was opened.
    if (!stream && stream.error().code == ErrorCode::not_found) return found;
    if (!stream) return stream.error();
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(stream->get());
        if (entry == nullptr) break;
        std::string name = static_cast<const char*>(entry->d_name);
        if (!ObjectKey::parse(prefix + name)) continue;
        const EntryType type = type_of(folder, *entry);
        if (type == EntryType::neither) continue;
        if (type == EntryType::folder) name += '/';
        if (name <= last || !is_wanted(prefix + name)) continue;
        found.names.push_back(std::move(name));
        std::ranges::push_heap(found.names);
        if (found.names.size() <= most) continue;
        std::ranges::pop_heap(found.names);
        found.names.pop_back();
        found.has_more = true;
    }
    if (errno != 0) return system_error("cannot read the folder", prefix, errno);
    std::ranges::sort_heap(found.names);
    return found;
}

// The recursion ends where a key has too many segments.
Result<void> Listing::add_folder(const Descriptor& folder, const std::string& prefix) {
    std::string last;
    while (!is_full()) {
        DARKROOM_TRY_ASSIGN(Names found, names_in(folder, prefix, last));
        for (std::string& name : found.names) {
            if (is_full()) return {};
            last = name;
            if (name.ends_with('/')) name.pop_back();
            const Result<ObjectKey> key = ObjectKey::parse(prefix + name);
            if (key) DARKROOM_TRY(add(folder, *key));
        }
        if (!found.has_more) return {};
    }
    return {};
}

Result<void> Listing::add(const Descriptor& parent, const ObjectKey& key) {
    const std::string name = key.segments().back();
    struct stat status {};
    if (::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return {};
        return system_error("cannot read", key.text(), errno);
    }
    const EntryType type = type_of(status.st_mode);
    if (type == EntryType::object && is_wanted(key.text())) {
        const auto size = static_cast<std::uint64_t>(status.st_size);
        entries_.push_back(ObjectEntry{key, size, milliseconds(status.st_mtim)});
    }
    if (type != EntryType::folder) return {};
    const std::array<std::string, 1> below = {name};
    const Result<Descriptor> folder = open_folder(parent, below, MissingFolders::fail);
    // Removed since it was looked at, or something else by now.
    const bool is_gone = !folder && (folder.error().code == ErrorCode::not_found ||
                                     folder.error().code == ErrorCode::conflict);
    if (is_gone) return {};
    if (!folder) return folder.error();
    return add_folder(*folder, key.text() + "/");
}

}  // namespace darkroom::storage
