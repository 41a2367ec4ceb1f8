// SPDX-License-Identifier: Apache-2.0
#include "config/document.h"

#include "base/format.h"

namespace darkroom::config {
namespace {

constexpr const char* kIntroduction =
    R"(# Configuration

Made by `darkroom config docs` from the table in `src/config/server_settings.cpp`; a test holds this file against it.

`darkroom serve` takes its settings from, the later winning over the earlier: the defaults below; one TOML file, named by `--config`; environment variables; flags. Lists are separated by commas in a variable, and their flag is repeated.

```
darkroom serve --config /etc/darkroom/darkroom.toml --port 8080
darkroom config check /etc/darkroom/darkroom.toml     # every problem at once, with line and column
darkroom config show /etc/darkroom/darkroom.toml      # what holds, and where it came from
```

A key that is no setting is an error, as is a value of a wrong type or out of range: the server does not start then. `<name>` in a key stands for a name that you choose; such settings are only read from the file.
)";

std::string section_of(const std::string& name) {
    return name.substr(0, name.find('.'));
}

std::string with_placeholders(std::string name) {
    const std::size_t star = name.find('*');
    if (star != std::string::npos) name.replace(star, 1, "<name>");
    return name;
}

std::string code(const std::string& text) {
    return text.empty() ? "" : "`" + text + "`";
}

std::string row(const Setting& setting) {
    const bool is_pattern = environment_name(setting).empty();
    return format(
        "| `{}` | {} | {} | {} | {} | {} |\n",
        with_placeholders(setting.name),
        setting.doc,
        expectation(setting),
        is_pattern ? "" : code(show_value(setting.fallback)),
        code(environment_name(setting)),
        code(setting.flag));
}

}  // namespace

std::string document(const Settings& settings) {
    std::string text = kIntroduction;
    std::string section;
    for (const Setting& setting : settings) {
        if (section_of(setting.name) != section) {
            section = section_of(setting.name);
            text += format("\n## [{}]\n\n", section);
            text += "| setting | | value | default | variable | flag |\n";
            text += "|---|---|---|---|---|---|\n";
        }
        text += row(setting);
    }
    return text;
}

std::string show(const Settings& settings, const Configuration& configuration) {
    std::string text;
    for (const auto& [name, effective] : configuration.all()) {
        const Setting* setting = find_setting(settings, name);
        const bool is_secret = setting != nullptr && setting->is_secret;
        const std::string value = is_secret ? "\"(secret)\"" : show_value(effective.value);
        text += format("{} = {}  # {}\n", name, value, effective.origin);
    }
    return text;
}

}  // namespace darkroom::config
