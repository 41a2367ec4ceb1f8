// SPDX-License-Identifier: Apache-2.0
#include "control/upload_folder.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "base/sha256.h"
#include "telemetry/log.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0644;

Error no_such_upload() {
    return Error{
        ErrorCode::not_found,
        "no such upload: it was never begun, has expired, was registered or thrown away, or the "
        "server has been restarted; begin a new one",
        "upload"};
}

Error no_room(std::uint64_t bytes) {
    return Error{
        ErrorCode::resource_exhausted,
        format("the disk of the models folder has no room for the file ({} bytes)", bytes),
        "size"};
}

/// Reserves room where the file system can; elsewhere compares with what is free.
Result<void> reserve(int file, std::uint64_t bytes, const fs::path& path) {
    if (::fallocate(file, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0) return {};
    const int error_number = errno;
    if (error_number == ENOSPC || error_number == EFBIG || error_number == EDQUOT) {
        return no_room(bytes);
    }
    struct statvfs disk {};
    if (::fstatvfs(file, &disk) != 0) return system_error("cannot write", path, errno);
    if (bytes / disk.f_frsize >= disk.f_bavail) return no_room(bytes);
    return {};
}

Result<void> write_at(int file, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t count =
            ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot write", "the upload", errno);
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<void> check_complete(const UploadStatus& status) {
    if (status.is_complete()) return {};
    return Error{
        ErrorCode::conflict,
        format(
            "the upload is not complete ({} of {} bytes)",
            status.received_bytes,
            status.plan.size_bytes),
        "upload"};
}

}  // namespace

/// Its file is removed with it unless it was taken.
struct UploadFolder::Upload {
    ~Upload() {
        if (file >= 0) ::close(file);
        std::error_code ignored;
        if (!is_taken) fs::remove(path, ignored);
    }

    /// Held while a piece is written.
    std::mutex mutex;
    UploadStatus status;
    fs::path path;
    int file = -1;
    Sha256 hash;
    bool is_taken = false;
    /// Nothing more is accepted.
    bool is_closed = false;
};

StagedFile::~StagedFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
}

UploadFolder::UploadFolder(fs::path folder, Clock& clock, UploadLimits limits)
    : folder_(std::move(folder)), clock_(clock), limits_(limits) {}

UploadFolder::~UploadFolder() = default;

void UploadFolder::clean() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        std::error_code ignored;
        if (entry.is_regular_file(ignored)) fs::remove(entry.path(), ignored);
    }
}

Result<fs::path> UploadFolder::new_file() {
    std::error_code error;
    fs::create_directory(folder_, error);
    if (error) return system_error("cannot make the folder", folder_, error.value());
    return folder_ / random_id();
}

Result<UploadStatus> UploadFolder::begin(UploadPlan plan) {
    if (plan.size_bytes == 0) {
        return Error{ErrorCode::invalid_argument, "size: the file has no bytes", "size"};
    }
    const std::uint64_t most = plan.type ? limits_.max_bytes : limits_.max_picture_bytes;
    if (plan.size_bytes > most) {
        return Error{
            ErrorCode::payload_too_large, format("size: a file of at most {} bytes", most), "size"};
    }
    expire();
    const auto upload = std::make_shared<Upload>();
    {
        const auto uploads = uploads_.lock();
        DARKROOM_TRY(check_room(*uploads, plan));
        upload->status.id = random_id();
        upload->status.plan = std::move(plan);
        upload->status.expires_ms = clock_.wall_ms() + limits_.lifetime_ms;
        uploads->emplace(upload->status.id, upload);
    }
    const std::scoped_lock lock(upload->mutex);
    const auto prepare = [&]() -> Result<void> {
        DARKROOM_TRY_ASSIGN(upload->path, new_file());
        upload->file =
            ::open(upload->path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kFileMode);
        if (upload->file < 0) return system_error("cannot write", upload->path, errno);
        return reserve(upload->file, upload->status.plan.size_bytes, upload->path);
    };
    const Result<void> prepared = prepare();
    if (!prepared) {
        upload->is_closed = true;
        forget(upload->status.id);
        return prepared.error();
    }
    return upload->status;
}

Result<void> UploadFolder::check_room(const Uploads& uploads, const UploadPlan& plan) const {
    std::size_t own = 0;
    std::size_t all = 0;
    for (const auto& [id, upload] : uploads) {
        const UploadPlan& other = upload->status.plan;
        if (other.type.has_value() != plan.type.has_value()) continue;
        ++all;
        if (other.tenant == plan.tenant) ++own;
    }
    const std::size_t most = plan.type ? limits_.in_all : limits_.pictures_in_all;
    const std::size_t most_own = plan.type ? limits_.per_tenant : limits_.pictures_per_tenant;
    if (all < most && own < most_own) return {};
    return Error{
        ErrorCode::conflict,
        "too many uploads are open; finish one, throw one away or wait until one expires"};
}

Result<UploadStatus> UploadFolder::append(const UploadName& name, const UploadPiece& piece) {
    DARKROOM_TRY_ASSIGN(const std::shared_ptr<Upload> upload, lookup(name));
    const std::scoped_lock lock(upload->mutex);
    UploadStatus& status = upload->status;
    if (upload->is_closed) return no_such_upload();
    const std::uint64_t size = status.plan.size_bytes;
    if (piece.total != size || piece.offset > size || piece.bytes.size() > size - piece.offset) {
        return Error{
            ErrorCode::invalid_argument,
            format("the piece does not fit into the file that was announced ({} bytes)", size),
            "Content-Range"};
    }
    if (piece.offset > status.received_bytes) {
        return Error{
            ErrorCode::conflict,
            format("a gap: the next piece begins at byte {}", status.received_bytes),
            "Content-Range"};
    }
    const std::uint64_t known = status.received_bytes - piece.offset;
    if (known >= piece.bytes.size()) return status;
    const std::string_view bytes = piece.bytes.substr(known);
    DARKROOM_TRY(write_at(upload->file, bytes, status.received_bytes));
    upload->hash.update(bytes);
    status.received_bytes += bytes.size();
    status.expires_ms = clock_.wall_ms() + limits_.lifetime_ms;
    if (!status.is_complete()) return status;
    status.sha256 = upload->hash.hex();
    const bool is_as_announced = status.plan.sha256.empty() || status.plan.sha256 == status.sha256;
    if (!is_as_announced) {
        upload->is_closed = true;
        forget(status.id);
        return Error{
            ErrorCode::corrupt_input,
            format(
                "the bytes that arrived have another SHA-256 than announced; begin again ({})",
                status.sha256),
            "sha256"};
    }
    return status;
}

Result<UploadStatus> UploadFolder::find(const UploadName& name) {
    DARKROOM_TRY_ASSIGN(const std::shared_ptr<Upload> upload, lookup(name));
    const std::scoped_lock lock(upload->mutex);
    if (upload->is_closed) return no_such_upload();
    return upload->status;
}

Result<void> UploadFolder::abandon(const UploadName& name) {
    DARKROOM_TRY_ASSIGN(const std::shared_ptr<Upload> upload, lookup(name));
    const std::scoped_lock lock(upload->mutex);
    if (upload->is_closed) return no_such_upload();
    upload->is_closed = true;
    forget(name.id);
    return {};
}

Result<std::string> UploadFolder::read_picture(const UploadName& name) {
    DARKROOM_TRY_ASSIGN(const std::shared_ptr<Upload> upload, lookup(name));
    const std::scoped_lock lock(upload->mutex);
    if (upload->is_closed || upload->status.plan.type) return no_such_upload();
    DARKROOM_TRY(check_complete(upload->status));
    return read_file(upload->path, limits_.max_picture_bytes);
}

Result<std::shared_ptr<StagedFile>> UploadFolder::take(const UploadName& name) {
    DARKROOM_TRY_ASSIGN(const std::shared_ptr<Upload> upload, lookup(name));
    const std::scoped_lock lock(upload->mutex);
    if (upload->is_closed) return no_such_upload();
    DARKROOM_TRY(check_complete(upload->status));
    upload->is_closed = true;
    upload->is_taken = true;
    forget(name.id);
    return std::make_shared<StagedFile>(upload->path, upload->status.sha256);
}

void UploadFolder::expire() {
    const std::int64_t now = clock_.wall_ms();
    std::vector<std::shared_ptr<Upload>> all;
    for (const auto& [id, upload] : *uploads_.lock())
        all.push_back(upload);
    for (const std::shared_ptr<Upload>& upload : all) {
        // One that is written to right now has not expired.
        const std::unique_lock lock(upload->mutex, std::try_to_lock);
        if (!lock.owns_lock() || upload->status.expires_ms > now) continue;
        upload->is_closed = true;
        forget(upload->status.id);
        log::info("upload has expired", {{"name", upload->status.plan.name}});
    }
}

Result<std::shared_ptr<UploadFolder::Upload>> UploadFolder::lookup(const UploadName& name) {
    const auto uploads = uploads_.lock();
    const auto found = uploads->find(name.id);
    if (found == uploads->end() || found->second->status.plan.tenant != name.tenant) {
        return no_such_upload();
    }
    return found->second;
}

}  // namespace darkroom::control
