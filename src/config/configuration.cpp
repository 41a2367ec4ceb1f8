// SPDX-License-Identifier: Apache-2.0
#include "config/configuration.h"

#include <algorithm>

#include "config/toml_file.h"

namespace darkroom::config {
namespace {

void add_environment(const Settings& settings, const Sources& sources, Loaded& loaded) {
    for (const Setting& setting : settings) {
        const std::string name = environment_name(setting);
        const auto found = sources.environment.find(name);
        if (name.empty() || found == sources.environment.end()) continue;
        Result<Value> value = parse_text(setting, found->second);
        if (value) {
            loaded.configuration.set(setting.name, {*std::move(value), name});
        } else {
            loaded.problems.push_back({name, value.error().message});
        }
    }
}

/// The values of one flag, in the order they were given.
std::vector<std::string> texts_of(const Sources& sources, const std::string& flag) {
    std::vector<std::string> texts;
    for (const FlagValue& given : sources.flags) {
        if (given.first == flag) texts.push_back(given.second);
    }
    return texts;
}

void add_flags(const Settings& settings, const Sources& sources, Loaded& loaded) {
    for (const Setting& setting : settings) {
        if (setting.flag.empty()) continue;
        std::vector<std::string> texts = texts_of(sources, setting.flag);
        if (texts.empty()) continue;
        if (setting.type == Type::text_list) {
            loaded.configuration.set(setting.name, {Value(std::move(texts)), setting.flag});
            continue;
        }
        Result<Value> value = parse_text(setting, texts.back());
        if (value) {
            loaded.configuration.set(setting.name, {*std::move(value), setting.flag});
        } else {
            loaded.problems.push_back({setting.flag, value.error().message});
        }
    }
}

}  // namespace

Configuration::Configuration(const Settings& settings) {
    for (const Setting& setting : settings) {
        const bool is_pattern = environment_name(setting).empty();
        if (!is_pattern) values_[setting.name] = {setting.fallback, "default"};
    }
}

const Value& Configuration::value(const std::string& name) const {
    const auto found = values_.find(name);
    DARKROOM_CHECK(found != values_.end(), "no such setting: {}", name);
    return found->second.value;
}

bool Configuration::boolean(const std::string& name) const {
    const auto* found = std::get_if<bool>(&value(name));
    DARKROOM_CHECK(found != nullptr, "not a boolean: {}", name);
    return *found;
}

std::int64_t Configuration::integer(const std::string& name) const {
    const auto* found = std::get_if<std::int64_t>(&value(name));
    DARKROOM_CHECK(found != nullptr, "not an integer: {}", name);
    return *found;
}

const std::string& Configuration::text(const std::string& name) const {
    const auto* found = std::get_if<std::string>(&value(name));
    DARKROOM_CHECK(found != nullptr, "not a text: {}", name);
    return *found;
}

const std::vector<std::string>& Configuration::text_list(const std::string& name) const {
    const auto* found = std::get_if<std::vector<std::string>>(&value(name));
    DARKROOM_CHECK(found != nullptr, "not a list: {}", name);
    return *found;
}

std::vector<std::string> Configuration::names_below(const std::string& prefix) const {
    std::vector<std::string> names;
    for (const auto& entry : values_) {
        const std::string& name = entry.first;
        if (!name.starts_with(prefix + ".")) continue;
        const std::size_t begin = prefix.size() + 1;
        const std::string part = name.substr(begin, name.find('.', begin) - begin);
        if (std::ranges::find(names, part) == names.end()) names.push_back(part);
    }
    return names;
}

std::optional<std::int64_t> Configuration::find_integer(const std::string& name) const {
    if (!values_.contains(name)) return std::nullopt;
    return integer(name);
}

void Configuration::set(const std::string& name, Effective effective) {
    values_[name] = std::move(effective);
}

Loaded load(const Settings& settings, const Sources& sources) {
    Loaded loaded{Configuration(settings), {}};
    if (sources.file) {
        TomlValues file = read_toml(settings, *sources.file);
        for (auto& [name, effective] : file.values)
            loaded.configuration.set(name, std::move(effective));
        loaded.problems = std::move(file.problems);
    }
    add_environment(settings, sources, loaded);
    add_flags(settings, sources, loaded);
    return loaded;
}

std::string render(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems)
        text += problem.where + ": " + problem.message + "\n";
    return text;
}

}  // namespace darkroom::config
