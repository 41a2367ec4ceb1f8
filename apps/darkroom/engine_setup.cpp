// SPDX-License-Identifier: Apache-2.0
#include "engine_setup.h"

#include <cstdlib>

#include "base/format.h"

namespace darkroom::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBundled = "models/icons-128/icons-128.safetensors";

Result<engine::CpuOptions> parse_dtype(const std::string& word) {
    if (word.empty() || word == "auto") return engine::CpuOptions{};
    if (word == "f32") return engine::CpuOptions{.dtype = engine::DType::f32};
    if (word == "bf16") return engine::CpuOptions{.dtype = engine::DType::bf16};
    if (word == "int8") return engine::CpuOptions{.int8 = true};
    return Error{
        ErrorCode::invalid_argument, format("--dtype must be f32, bf16 or int8, not {}", word)};
}

}  // namespace

Result<std::unique_ptr<engine::CpuBackend>> make_engine(const EngineSettings& settings) {
    DARKROOM_TRY_ASSIGN(engine::CpuOptions options, parse_dtype(settings.dtype));
    options.threads = settings.threads;
    if (const char* forced = std::getenv("DARKROOM_CPU"); forced != nullptr && *forced != '\0') {
        auto set = engine::parse_instruction_set(forced);
        if (!set) return set.error().with_context("DARKROOM_CPU");
        options.instruction_set = *set;
    }
    return engine::CpuBackend::make(options);
}

fs::path program_path() {
    std::error_code ignored;
    return fs::read_symlink("/proc/self/exe", ignored);
}

Result<fs::path> bundled_model() {
    std::error_code ignored;
    // build/release/darkroom stands two folders below the source tree.
    const fs::path tree = program_path().parent_path().parent_path().parent_path();
    for (const fs::path& root : {fs::path("."), tree}) {
        if (fs::exists(root / kBundled, ignored)) return root / kBundled;
    }
    return Error{
        ErrorCode::not_found,
        format("the bundled checkpoint {} is not here; name one with --model", kBundled)};
}

}  // namespace darkroom::app
