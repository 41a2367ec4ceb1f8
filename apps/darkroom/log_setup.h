// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace darkroom::app {

/// Sets up the process's log. Fails with invalid_argument for a word that is none.
Result<void> configure_log(const std::string& level, const std::string& format);

}  // namespace darkroom::app
