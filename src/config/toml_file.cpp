// SPDX-License-Identifier: Apache-2.0
#include "config/toml_file.h"

// Its own assertions fail on files that its parser then refuses properly (toml++ 3.3).
#define TOML_ASSERT(condition) static_cast<void>(0)  // NOLINT: the library's own hook
#include <toml++/toml.h>

#include <algorithm>

#include "base/file.h"
#include "base/format.h"

namespace darkroom::config {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

std::string place(const std::string& file, const toml::source_region& source) {
    return format("{}:{}:{}", file, source.begin.line, source.begin.column);
}

std::string_view type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a text";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a number with a fraction";
        case toml::node_type::boolean:
            return "a boolean";
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time:
            return "a date or time";
        case toml::node_type::none:
            break;
    }
    return "nothing";
}

std::optional<Value> texts_of(const toml::array& array) {
    std::vector<std::string> texts;
    for (const toml::node& element : array) {
        const auto* text = element.as_string();
        if (text == nullptr) return std::nullopt;
        texts.push_back(text->get());
    }
    return Value(std::move(texts));
}

/// Nothing when the node is of another type.
std::optional<Value> convert(const Setting& setting, const toml::node& node) {
    switch (setting.type) {
        case Type::boolean:
            if (const auto* flag = node.as_boolean()) return Value(flag->get());
            return std::nullopt;
        case Type::integer:
            if (const auto* number = node.as_integer()) return Value(number->get());
            return std::nullopt;
        case Type::text_list:
            if (const auto* array = node.as_array()) return texts_of(*array);
            return std::nullopt;
        case Type::text:
        case Type::path:
            break;
    }
    if (const auto* text = node.as_string()) return Value(text->get());
    return std::nullopt;
}

/// True when some setting lies below the table `name`.
bool is_section(const Settings& settings, const std::string& name) {
    const auto depth = std::ranges::count(name, '.');
    return std::ranges::any_of(settings, [&](const Setting& setting) {
        std::size_t end = 0;
        for (auto level = depth; level >= 0 && end != std::string::npos; --level)
            end = setting.name.find('.', end + 1);
        if (end == std::string::npos) return false;
        return matches(Setting{.name = setting.name.substr(0, end)}, name);
    });
}

class Reader {
  public:
    Reader(const Settings& settings, const std::string& file) : settings_(settings), file_(file) {}

    void read(const toml::table& table, const std::string& prefix) {
        for (const auto& [key, node] : table) {
            // A dot within a quoted key must not reach into another section.
            const std::string part(key.str());
            const bool is_plain = part.find('.') == std::string::npos;
            const std::string name = prefix.empty() ? part : format("{}.{}", prefix, part);
            const auto* below = node.as_table();
            if (below != nullptr && is_plain && is_section(settings_, name)) {
                read(*below, name);
                continue;
            }
            const Setting* setting = is_plain ? find_setting(settings_, name) : nullptr;
            if (setting == nullptr) {
                refuse_unknown(key, name);
            } else {
                take(*setting, name, node);
            }
        }
    }

    TomlValues take_found() {
        // Tables are kept by name, but people read from the top.
        for (auto& entry : problems_)
            found_.problems.push_back(std::move(entry.second));
        return std::move(found_);
    }

  private:
    void refuse(const toml::source_region& source, std::string message) {
        const std::pair position(source.begin.line, source.begin.column);
        problems_.emplace(position, Problem{place(file_, source), std::move(message)});
    }

    void refuse_unknown(const toml::key& key, const std::string& name) {
        const Setting* nearest = nearest_setting(settings_, name);
        refuse(
            key.source(),
            nearest == nullptr
                ? format("no such setting: {}", name)
                : format("no such setting: {}; did you mean {}?", name, nearest->name));
    }

    void take(const Setting& setting, const std::string& name, const toml::node& node) {
        std::optional<Value> value = convert(setting, node);
        if (!value) {
            const std::string expected = expectation(setting);
            refuse(node.source(), format("{} must be {}, not {}", name, expected, type_name(node)));
            return;
        }
        const Result<void> checked = check_value(setting, *value);
        if (!checked) {
            refuse(node.source(), name + " " + checked.error().message);
            return;
        }
        found_.values[name] = {*std::move(value), place(file_, node.source())};
    }

    const Settings& settings_;
    const std::string& file_;
    TomlValues found_;
    /// By line and column.
    std::multimap<std::pair<toml::source_index, toml::source_index>, Problem> problems_;
};

/// Levenshtein's, with one row.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::string_view last_part(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

const Setting* nearest_setting(const Settings& settings, std::string_view name) {
    constexpr std::size_t kLongestName = 128;
    if (name.size() > kLongestName) return nullptr;
    const Setting* nearest = nullptr;
    std::size_t least = name.size() / 3 + 1;
    for (const Setting& setting : settings) {
        // The right key in a wrong section counts as near, too.
        const bool is_misplaced = last_part(setting.name) == last_part(name);
        const std::size_t away = is_misplaced ? 1 : distance(name, setting.name);
        if (away >= least) continue;
        least = away;
        nearest = &setting;
    }
    return nearest;
}

TomlValues parse_toml(const Settings& settings, std::string_view text, const std::string& name) {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        TomlValues nothing;
        nothing.problems.push_back({place(name, error.source()), std::string(error.description())});
        return nothing;
    }
    Reader reader(settings, name);
    reader.read(parsed.table(), {});
    return reader.take_found();
}

TomlValues read_toml(const Settings& settings, const std::filesystem::path& path) {
    const Result<std::string> text = read_file(path, kMaxFileBytes);
    if (text) return parse_toml(settings, *text, path.string());
    TomlValues nothing;
    nothing.problems.push_back({path.string(), text.error().message});
    return nothing;
}

}  // namespace darkroom::config
