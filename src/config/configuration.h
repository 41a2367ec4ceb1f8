// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/setting.h"

namespace darkroom::config {

/// A value and where it came from: "default", "darkroom.toml:3:1", "DARKROOM_SERVER_PORT" or
/// "--port".
struct Effective {
    Value value;
    std::string origin;
};

/// What holds for each setting. Asking for a name that is no setting, or for another type than the
/// setting's, throws ContractViolation.
class Configuration {
  public:
    explicit Configuration(const Settings& settings);

    [[nodiscard]] bool boolean(const std::string& name) const;
    [[nodiscard]] std::int64_t integer(const std::string& name) const;
    /// A text or a path.
    [[nodiscard]] const std::string& text(const std::string& name) const;
    [[nodiscard]] const std::vector<std::string>& text_list(const std::string& name) const;

    /// What "*" stands for in the names below `prefix`: "retention.tenant" gives the tenants.
    [[nodiscard]] std::vector<std::string> names_below(const std::string& prefix) const;
    /// The value of a name with a "*"; nothing when the file does not give it.
    [[nodiscard]] std::optional<std::int64_t> find_integer(const std::string& name) const;

    /// By name.
    [[nodiscard]] const std::map<std::string, Effective>& all() const { return values_; }
    void set(const std::string& name, Effective effective);

  private:
    [[nodiscard]] const Value& value(const std::string& name) const;

    std::map<std::string, Effective> values_;
};

/// Something wrong, and where: "darkroom.toml:3:8" or "--port".
struct Problem {
    std::string where;
    std::string message;
};

/// A flag of the command line with its text; one for each time a list's flag was given.
using FlagValue = std::pair<std::string, std::string>;

/// Where values come from. A flag wins over the environment, that over the file.
struct Sources {
    std::optional<std::filesystem::path> file = {};
    std::map<std::string, std::string> environment = {};
    std::vector<FlagValue> flags = {};
};

struct Loaded {
    Configuration configuration;
    /// Everything that is wrong, not only the first; where a value is wrong the next best holds.
    std::vector<Problem> problems;
};

/// Reads all sources.
Loaded load(const Settings& settings, const Sources& sources);

/// One line for each problem, in their order.
std::string render(const std::vector<Problem>& problems);

}  // namespace darkroom::config
