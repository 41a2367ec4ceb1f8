// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"

namespace darkroom::app {

/// Makes the folder of tasks, pictures and secrets where it is not there, for this user alone, and
/// sees to it that files made from now on are this user's alone. A database or a secret in it that
/// others can read is made private. Fails with permission_denied when that cannot be done.
Result<void> prepare_data_folder(const std::filesystem::path& data);

}  // namespace darkroom::app
