// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "control/model_listing.h"
#include "domain/model.h"
#include "domain/model_file.h"

namespace darkroom::control {

/// The model files in a folder and below it. Hashes are remembered in a file by path and identity,
/// so that each file is read only once. Thread-safe; calls may block on the disk.
class ModelFolder {
  public:
    /// Looks into a file. Fails with what makes it useless.
    using Inspect = std::function<Result<domain::ModelFacts>(const std::filesystem::path&)>;

    /// `hash_file` is where hashes are remembered. Without `inspect`, every file is taken for a
    /// good one.
    ModelFolder(
        std::filesystem::path folder, std::filesystem::path hash_file, Inspect inspect = {});

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    /// Looks at the folder again; what is new or has changed is inspected. Fails with not_found
    /// when it is gone.
    Result<void> scan();

    /// Computes one of the hashes that are missing. False when there is none, or `stop` became
    /// true. A file that changes meanwhile, or cannot be read, waits for the next scan.
    bool hash_next(const std::atomic<bool>& stop);

    /// Computes the hashes that are missing, one file at a time, until stopped.
    void hash_missing(const std::atomic<bool>& stop);

    /// Spares a file the hashing: `sha256` is of the file of that identity.
    void remember_hash(
        const std::string& path, const FileIdentity& identity, const std::string& sha256);

    /// Looks into a file that need not be in the folder. Fails as `inspect`, and with corrupt_input
    /// for a checkpoint of no known family.
    [[nodiscard]] Result<domain::ModelFacts> inspect(
        const std::filesystem::path& path, domain::ModelType type) const;

    /// The checkpoints that can be drawn with, whole or not.
    [[nodiscard]] std::vector<domain::ModelDescription> models();

    /// Every file of every type, ordered by type and name.
    [[nodiscard]] std::vector<domain::ModelFile> files();

  private:
    struct Known {
        FileIdentity identity;
        std::string sha256;
        bool is_unreadable = false;
        std::optional<Result<domain::ModelFacts>> facts;
    };
    using KnownFiles = std::map<std::string, Known>;

    [[nodiscard]] domain::ModelFile describe(const FoundModel& found, Known& known) const;
    void load_hashes();
    void save_hashes();

    std::filesystem::path folder_;
    std::filesystem::path hash_file_;
    Inspect inspect_;
    Guarded<std::vector<domain::ModelFile>> files_;
    /// By path.
    Guarded<KnownFiles> known_;
};

}  // namespace darkroom::control
