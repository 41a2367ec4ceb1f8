// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/file_identity.h"
#include "base/result.h"
#include "domain/model_file.h"

namespace darkroom::control {

/// A model file as the folder shows it, unread.
struct FoundModel {
    domain::ModelPlace place;
    /// Path below the models folder.
    std::string below;
    /// Path on this machine.
    std::string path;
    FileIdentity identity;
    /// Picture and text beside it, "x.png" or "x.preview.png" and "x.txt"; empty for none.
    std::string thumbnail;
    std::string note;
};

/// The model files in a folder and below it, ordered by type and name. Links to files are followed,
/// links to folders and hidden names are not. Of two that would have one name, one keeps its whole
/// path as its name. Fails with not_found when the folder cannot be read.
Result<std::vector<FoundModel>> list_model_files(const std::filesystem::path& folder);

}  // namespace darkroom::control
