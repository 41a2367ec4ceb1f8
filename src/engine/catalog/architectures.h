// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"
#include "engine/catalog/checkpoint.h"

namespace darkroom::engine {

/// Stable Diffusion 1.5: the full-size networks that benchmarks measure.
CheckpointConfig sd15_config();

/// Writes an F16 safetensors checkpoint of that architecture with synthetic parameters: about 2 GB
/// for SD1.5. It draws noise, at the speed and in the memory of a real one. Fails as write_file.
Result<void> write_synthetic_checkpoint(
    const CheckpointConfig& config, const std::filesystem::path& path);

}  // namespace darkroom::engine
