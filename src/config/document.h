// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/configuration.h"

namespace darkroom::config {

/// docs/configuration.md: every setting, by section.
std::string document(const Settings& settings);

/// The values that hold, as a TOML file with their origin behind each; secrets are hidden.
std::string show(const Settings& settings, const Configuration& configuration);

}  // namespace darkroom::config
