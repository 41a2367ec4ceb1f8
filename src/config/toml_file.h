// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace darkroom::config {

struct TomlValues {
    std::map<std::string, Effective> values;
    std::vector<Problem> problems;
};

/// The settings in a TOML 1.0 file. Problems say "PATH:LINE:COLUMN": a syntax error (then nothing
/// else), keys that are no setting, values of a wrong type or out of range.
TomlValues read_toml(const Settings& settings, const std::filesystem::path& path);

/// The same for a text; `name` stands for its path.
TomlValues parse_toml(const Settings& settings, std::string_view text, const std::string& name);

/// The setting whose name is nearest to `name`, within a third of its length. Null when none is.
const Setting* nearest_setting(const Settings& settings, std::string_view name);

}  // namespace darkroom::config
