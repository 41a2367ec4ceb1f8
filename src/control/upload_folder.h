// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "domain/model_file.h"

namespace darkroom::control {

/// What a client says of a file before it sends it.
struct UploadPlan {
    std::string tenant;
    /// None is a picture, which requests name by the upload's id.
    std::optional<domain::ModelType> type = domain::ModelType::stable_diffusion;
    /// As check_model_name returns it; empty for a picture.
    std::string name;
    std::uint64_t size_bytes = 0;
    /// 64 lower-case hex digits, or empty.
    std::string sha256 = {};
};

struct UploadStatus {
    std::string id;
    UploadPlan plan;
    /// Contiguous from the beginning.
    std::uint64_t received_bytes = 0;
    /// When it is thrown away unless more arrives, wall clock.
    std::int64_t expires_ms = 0;
    /// Of the bytes that arrived; empty until all have.
    std::string sha256 = {};

    [[nodiscard]] bool is_complete() const { return received_bytes == plan.size_bytes; }
};

/// Whose upload: another tenant's is not found.
struct UploadName {
    std::string tenant;
    std::string id;
};

/// A piece of a file.
struct UploadPiece {
    std::uint64_t offset = 0;
    /// Size of the whole file, as the client repeats it.
    std::uint64_t total = 0;
    std::string_view bytes;
};

struct UploadLimits {
    std::uint64_t max_bytes = std::uint64_t{64} << 30;
    /// Uploads that are open at once, of one tenant and of all.
    std::size_t per_tenant = 4;
    std::size_t in_all = 16;
    /// The same of pictures, which stay open when they have arrived.
    std::uint64_t max_picture_bytes = std::uint64_t{64} << 20;
    std::size_t pictures_per_tenant = 64;
    std::size_t pictures_in_all = 512;
    std::int64_t lifetime_ms = std::int64_t{24} * 60 * 60 * 1000;
};

/// A whole file that has arrived, until it is moved away: the object removes it otherwise.
class StagedFile {
  public:
    StagedFile(std::filesystem::path path, std::string sha256)
        : path_(std::move(path)), sha256_(std::move(sha256)) {}
    ~StagedFile();
    StagedFile(const StagedFile&) = delete;
    StagedFile& operator=(const StagedFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] const std::string& sha256() const { return sha256_; }

  private:
    std::filesystem::path path_;
    std::string sha256_;
};

/// Files on their way in, piece by piece, into a folder on the models' file system. They do not
/// survive the server. Thread-safe; calls block on the disk.
class UploadFolder {
  public:
    /// Nothing is done before clean() or begin(). `clock` outlives the object.
    UploadFolder(std::filesystem::path folder, Clock& clock, UploadLimits limits = {});
    ~UploadFolder();

    /// Removes what an earlier server left.
    void clean();

    /// A place for a file to be written before it is one of the models. Fails as write_file.
    Result<std::filesystem::path> new_file();

    /// Opens an upload and reserves its room on the disk. Fails with payload_too_large,
    /// resource_exhausted (full disk), conflict (too many are open), invalid_argument (no bytes)
    /// or permission_denied.
    Result<UploadStatus> begin(UploadPlan plan);

    /// Adds a piece that begins where the last one ended or before: what has arrived already is
    /// skipped. The last one is checked against the plan's hash. Fails with not_found, conflict
    /// (a gap), invalid_argument (beyond the end; another size), resource_exhausted (full disk;
    /// the piece may be sent again) or corrupt_input (another hash; the upload is gone then).
    Result<UploadStatus> append(const UploadName& name, const UploadPiece& piece);

    /// Fails with not_found.
    Result<UploadStatus> find(const UploadName& name);

    /// Throws an upload away. Fails with not_found.
    Result<void> abandon(const UploadName& name);

    /// The bytes of a picture, which stays. Fails as take, and with not_found for a model file.
    Result<std::string> read_picture(const UploadName& name);

    /// Takes a complete upload out of the folder's care. Fails with not_found, or conflict while
    /// bytes are missing.
    Result<std::shared_ptr<StagedFile>> take(const UploadName& name);

    /// Throws away what has expired.
    void expire();

  private:
    struct Upload;
    using Uploads = std::map<std::string, std::shared_ptr<Upload>>;

    Result<std::shared_ptr<Upload>> lookup(const UploadName& name);
    [[nodiscard]] Result<void> check_room(const Uploads& uploads, const UploadPlan& plan) const;
    void forget(const std::string& id) { uploads_.lock()->erase(id); }

    std::filesystem::path folder_;
    Clock& clock_;
    UploadLimits limits_;
    Guarded<Uploads> uploads_;
};

}  // namespace darkroom::control
