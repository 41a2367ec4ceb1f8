// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/cpu/backend.h"

namespace darkroom::app {

struct EngineSettings {
    int threads = 0;
    /// "f32", "bf16" or "int8"; with "auto" or nothing bf16 where the CPU has it, else f32.
    std::string dtype;
};

/// The CPU backend, with the instruction set that DARKROOM_CPU forces. Fails with invalid_argument,
/// naming the variable or flag.
Result<std::unique_ptr<engine::CpuBackend>> make_engine(const EngineSettings& settings);

/// The checkpoint that ships with Darkroom, looked for in the working folder and beside the
/// program's source tree. Fails with not_found.
Result<std::filesystem::path> bundled_model();

/// This program's path.
std::filesystem::path program_path();

}  // namespace darkroom::app
