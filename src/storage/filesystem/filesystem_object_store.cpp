// SPDX-License-Identifier: Apache-2.0
#include "storage/filesystem/filesystem_object_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/format.h"
#include "storage/filesystem/folder.h"
#include "storage/filesystem/listing.h"

namespace darkroom::storage {
namespace {

/// A put races with removals of the folder it writes to; each of them costs one try.
constexpr int kPutTries = 10;

using Segments = std::vector<std::string>;

std::span<const std::string> parents(const Segments& segments) {
    return {segments.data(), segments.size() - 1};
}

Result<void> put_once(
    const Descriptor& root,
    const Staging& staging,
    const Segments& segments,
    std::span<const std::byte> bytes) {
    DARKROOM_TRY_ASSIGN(
        const Descriptor folder, open_folder(root, parents(segments), MissingFolders::create));
    return staging.publish(folder, segments.back(), bytes);
}

Result<std::vector<std::byte>> read_object(const Descriptor& file, const ObjectKey& key) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_error("cannot read", key.text(), errno);
    if (!S_ISREG(status.st_mode)) return no_such_object(key);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > ObjectStore::kMaxObjectBytes) return object_too_large(key);
    std::vector<std::byte> bytes(size);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot read", key.text(), errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return bytes;
}

Result<std::uint64_t> unlink_all(const Descriptor& folder, const Segments& names) {
    std::uint64_t removed = 0;
    for (const std::string& name : names) {
        if (::unlinkat(folder.get(), name.c_str(), 0) == 0) {
            ++removed;
        } else if (errno != ENOENT) {
            return system_error("cannot remove", name, errno);
        }
    }
    DARKROOM_TRY(sync_folder(folder));
    return removed;
}

/// Removes a folder and those above it as long as they are empty.
void remove_empty(const Descriptor& root, Segments segments) {
    while (!segments.empty()) {
        const Result<Descriptor> above = open_folder(root, parents(segments), MissingFolders::fail);
        if (!above) return;
        if (::unlinkat(above->get(), segments.back().c_str(), AT_REMOVEDIR) != 0) return;
        segments.pop_back();
    }
}

bool is_absence(const Error& error) {
    return error.code == ErrorCode::not_found || error.code == ErrorCode::conflict;
}

}  // namespace

Result<std::unique_ptr<FilesystemObjectStore>> FilesystemObjectStore::open(
    const std::filesystem::path& folder, FilesystemObjectStoreOptions options) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) return system_error("cannot create the object folder", folder, failed.value());
    Descriptor root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.is_open()) return system_error("cannot open the object folder", folder, errno);
    Result<Staging> staging =
        Staging::open(root, {.allow_unnamed_files = options.allow_unnamed_files});
    if (!staging) {
        return staging.error().with_context(
            format("cannot use the object folder {}", folder.string()));
    }
    return std::unique_ptr<FilesystemObjectStore>(
        new FilesystemObjectStore(std::move(root), *std::move(staging)));
}

Result<void> FilesystemObjectStore::put(const ObjectKey& key, std::span<const std::byte> bytes) {
    if (bytes.size() > kMaxObjectBytes) return object_too_large(key);
    const Segments segments = key.segments();
    Result<void> stored = put_once(root_, staging_, segments, bytes);
    for (int tries = 1; tries < kPutTries && !stored; ++tries) {
        if (stored.error().code != ErrorCode::not_found) break;
        stored = put_once(root_, staging_, segments, bytes);
    }
    if (stored) return {};
    if (stored.error().code == ErrorCode::conflict) return key_clash(key);
    if (stored.error().code == ErrorCode::not_found) {
        return Error{
            ErrorCode::unavailable, "the folder is being removed again and again: " + key.text()};
    }
    return stored.error().with_context(format("object {}", key.text()));
}

Result<std::vector<std::byte>> FilesystemObjectStore::get(const ObjectKey& key) {
    const Segments segments = key.segments();
    const Result<Descriptor> folder = open_folder(root_, parents(segments), MissingFolders::fail);
    if (!folder && is_absence(folder.error())) return no_such_object(key);
    if (!folder) return folder.error();
    // O_NONBLOCK: a pipe that somebody put there must not hang us.
    constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const Descriptor file(::openat(folder->get(), segments.back().c_str(), kFlags));
    if (file.is_open()) return read_object(file, key);
    if (errno == ENOENT || errno == ELOOP) return no_such_object(key);
    return system_error("cannot open", key.text(), errno);
}

Result<std::uint64_t> FilesystemObjectStore::remove(const ObjectKey& prefix) {
    ObjectQuery page{prefix};
    std::uint64_t removed = 0;
    while (true) {
        DARKROOM_TRY_ASSIGN(const std::vector<ObjectEntry> entries, list(page));
        DARKROOM_TRY_ASSIGN(const std::uint64_t count, remove_each(entries));
        removed += count;
        if (entries.size() < page.limit) return removed;
        page.after = entries.back().key;
    }
}

Result<std::uint64_t> FilesystemObjectStore::remove_each(const std::vector<ObjectEntry>& entries) {
    std::map<Segments, Segments> names_by_folder;
    for (const ObjectEntry& entry : entries) {
        Segments segments = entry.key.segments();
        std::string name = std::move(segments.back());
        segments.pop_back();
        names_by_folder[std::move(segments)].push_back(std::move(name));
    }
    std::uint64_t removed = 0;
    for (const auto& [segments, names] : names_by_folder) {
        const Result<Descriptor> folder = open_folder(root_, segments, MissingFolders::fail);
        if (!folder && is_absence(folder.error())) continue;
        if (!folder) return folder.error();
        DARKROOM_TRY_ASSIGN(const std::uint64_t count, unlink_all(*folder, names));
        removed += count;
    }
    // Deepest first.
    for (auto folder = names_by_folder.rbegin(); folder != names_by_folder.rend(); ++folder) {
        remove_empty(root_, folder->first);
    }
    return removed;
}

Result<std::vector<ObjectEntry>> FilesystemObjectStore::list(ObjectQuery query) {
    DARKROOM_TRY(validate(query));
    Listing listing(query.after ? query.after->text() : std::string(), query.limit);
    if (!query.prefix) {
        DARKROOM_TRY(listing.add_folder(root_, ""));
        return std::move(listing).take();
    }
    const Segments segments = query.prefix->segments();
    const Result<Descriptor> folder = open_folder(root_, parents(segments), MissingFolders::fail);
    if (!folder && is_absence(folder.error())) return std::vector<ObjectEntry>();
    if (!folder) return folder.error();
    DARKROOM_TRY(listing.add(*folder, *query.prefix));
    return std::move(listing).take();
}

}  // namespace darkroom::storage
