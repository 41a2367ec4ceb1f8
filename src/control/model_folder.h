// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "domain/model.h"

namespace darkroom::control {

/// The checkpoints in a folder and below it. Hashes are remembered in a file by path, size and
/// time of change, so that each checkpoint is read only once. Thread-safe; calls may block on the
/// disk.
class ModelFolder {
  public:
    /// Adds to a description what only a look into the file tells.
    using Inspect = std::function<void(domain::ModelDescription&)>;

    /// `hash_file` is where hashes are remembered.
    ModelFolder(
        std::filesystem::path folder, std::filesystem::path hash_file, Inspect inspect = {});

    /// Looks at the folder again. Fails with not_found when it is gone.
    Result<void> scan();

    /// Computes the hashes that are missing, one file at a time, until stopped.
    void hash_missing(const std::atomic<bool>& stop);

    [[nodiscard]] std::vector<domain::ModelDescription> models();

  private:
    struct Known {
        std::uint64_t size_bytes = 0;
        std::int64_t changed = 0;
        std::string sha256;
        bool inspected = false;
        std::string family;
        std::int64_t native_size = 0;
    };

    void load_hashes();
    void save_hashes();

    std::filesystem::path folder_;
    std::filesystem::path hash_file_;
    Inspect inspect_;
    Guarded<std::vector<domain::ModelDescription>> models_;
    /// By path.
    Guarded<std::map<std::string, Known>> known_;
};

}  // namespace darkroom::control
