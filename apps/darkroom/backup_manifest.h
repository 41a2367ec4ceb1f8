// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace darkroom::app {

/// manifest.json of a backup: what its tasks.db is. Written last, so that a backup with a manifest
/// is a whole one.
struct BackupManifest {
    /// Of the program that wrote it.
    std::string version;
    std::int64_t created_ms = 0;
    std::int64_t schema_version = 0;
    std::int64_t bytes = 0;
    std::string sha256;
};

Result<void> write_manifest(const std::filesystem::path& folder, const BackupManifest& manifest);

/// Fails with not_found (no manifest) or corrupt_input.
Result<BackupManifest> read_manifest(const std::filesystem::path& folder);

}  // namespace darkroom::app
