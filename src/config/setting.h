// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace darkroom::config {

enum class Type { boolean, integer, text, path, text_list };

using Value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

/// One thing that can be configured: a row of the table that parsing, messages, flags and
/// documentation are made from.
struct Setting {
    /// Where it stands in the file: "server.port". A part "*" stands for a name that the file
    /// chooses, as in "retention.tenant.*.task_days"; such a setting has no flag and no variable.
    std::string name;
    Type type = Type::text;
    Value fallback = {};
    /// What it does, one sentence or two.
    std::string doc = {};
    // Bounds of an integer, both allowed.
    std::int64_t least = std::numeric_limits<std::int64_t>::min();
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    /// "s", "MiB", "days"; empty for a plain number.
    std::string unit = {};
    /// The words that a text may be; any when empty.
    std::vector<std::string> choices = {};
    /// "--port"; empty when there is none.
    std::string flag = {};
    /// Never shown.
    bool is_secret = false;
};

using Settings = std::vector<Setting>;

/// Everything that `darkroom serve` can be told.
Settings server_settings();

/// "DARKROOM_SERVER_PORT"; empty for a setting with a "*".
std::string environment_name(const Setting& setting);

/// True when `name` is the setting's, a "*" standing for any part.
bool matches(const Setting& setting, std::string_view name);

/// The setting for a name. Null when there is none.
const Setting* find_setting(const Settings& settings, std::string_view name);

/// A value as text of a flag or an environment variable; a list is separated by commas. Fails with
/// invalid_argument.
Result<Value> parse_text(const Setting& setting, std::string_view text);

/// Refuses, with invalid_argument, a value that is out of range, no choice or an empty path.
Result<void> check_value(const Setting& setting, const Value& value);

/// As in the file: `7860`, `"info"`, `["a", "b"]`.
std::string show_value(const Value& value);

/// What a value has to be, in words: "an integer from 0 to 65535".
std::string expectation(const Setting& setting);

}  // namespace darkroom::config
