// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "base/result.h"
#include "command.h"
#include "domain/generation.h"

/// The steps that `generate` is made of, here and on a server.
namespace darkroom::app {

struct PictureSize {
    std::int64_t width = 0;
    std::int64_t height = 0;
};

/// "512x768". Fails with invalid_argument naming --size.
Result<PictureSize> parse_size(const std::string& text);

/// out.png for one picture; out-1.png, out-2.png, ... for several.
std::vector<std::filesystem::path> output_paths(
    const std::filesystem::path& output, std::size_t count);

/// Fails when the folder of the output file is missing or cannot be written.
Result<void> check_output(const std::filesystem::path& output);

/// Writes the pictures and prints their paths.
Result<void> write_pictures(
    const std::filesystem::path& output, const std::vector<std::vector<std::byte>>& files);

Result<std::vector<std::vector<std::byte>>> generate_here(const GenerateOptions& options);
Result<std::vector<std::vector<std::byte>>> generate_on_server(const GenerateOptions& options);

}  // namespace darkroom::app
