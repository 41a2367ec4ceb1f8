// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom::api {

/// Object keys of the pictures that came with a task, in the order in which an agent gets them:
/// those that a generation starts from and its mask, or those that extras enlarge. `request` is
/// what the row says. Fails with invalid_argument as the payload's decoder.
Result<std::vector<std::string>> input_keys(std::string_view kind, std::string_view request);

}  // namespace darkroom::api
