// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

/// Changes below a folder by checked relative paths (domain::check_relative_path), never through a
/// link: nothing outside the folder can be reached.
namespace darkroom::control {

/// Moves a finished file to folder/below, replacing a file or link of that name; whoever has the
/// old file open keeps it whole. Missing folders are made; contents and name are on the disk when
/// this returns. Fails with conflict when a folder, a link or a file is in the way, or with the
/// code of the system call.
Result<void> place_file(
    const std::filesystem::path& folder,
    const std::string& below,
    const std::filesystem::path& finished);

/// Removes folder/below; of a link, only the link. Fails with not_found, or as place_file.
Result<void> remove_file(const std::filesystem::path& folder, const std::string& below);

/// Opens folder/below for reading and returns the descriptor, the caller's to close. Fails with
/// not_found, conflict (a link in the way) or corrupt_input (no regular file).
Result<int> open_below(const std::filesystem::path& folder, const std::string& below);

}  // namespace darkroom::control
