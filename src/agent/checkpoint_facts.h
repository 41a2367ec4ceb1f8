// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"
#include "domain/model_file.h"

namespace darkroom::agent {

/// What only a look into a file of weights tells; the family is "unknown" for what is no
/// checkpoint. Fails as engine::Checkpoint::open.
Result<domain::ModelFacts> checkpoint_facts(const std::filesystem::path& path);

}  // namespace darkroom::agent
