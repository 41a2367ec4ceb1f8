// SPDX-License-Identifier: Apache-2.0
#include "config/setting.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/format.h"

namespace darkroom::config {
namespace {

constexpr std::string_view kAnyName = "*";

Error refuse(const Setting& setting, std::string_view found) {
    return Error{
        ErrorCode::invalid_argument,
        format("must be {}: {}", expectation(setting), found),
        setting.name};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

std::string quote(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            quoted += format("\\u{:04X}", static_cast<unsigned char>(c));
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : std::string(separator)) + word;
    return text;
}

Result<Value> parse_boolean(const Setting& setting, std::string_view text) {
    constexpr std::array<std::string_view, 3> kTrue = {"true", "1", "yes"};
    constexpr std::array<std::string_view, 3> kFalse = {"false", "0", "no"};
    if (std::ranges::find(kTrue, text) != kTrue.end()) return Value(true);
    if (std::ranges::find(kFalse, text) != kFalse.end()) return Value(false);
    return refuse(setting, text);
}

Result<Value> parse_integer(const Setting& setting, std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc() || stop != end) return refuse(setting, text);
    return Value(number);
}

Value parse_list(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view part : split(text, ',')) {
        if (!trim(part).empty()) words.emplace_back(trim(part));
    }
    return words;
}

}  // namespace

std::string environment_name(const Setting& setting) {
    if (setting.name.find(kAnyName) != std::string::npos) return {};
    std::string name = "DARKROOM_";
    for (const char c : setting.name) {
        const bool is_letter = c >= 'a' && c <= 'z';
        name += is_letter ? static_cast<char>(c - 'a' + 'A') : c == '.' ? '_' : c;
    }
    return name;
}

bool matches(const Setting& setting, std::string_view name) {
    const std::vector<std::string_view> pattern = split(setting.name, '.');
    const std::vector<std::string_view> parts = split(name, '.');
    return std::ranges::equal(pattern, parts, [](std::string_view expected, std::string_view part) {
        return expected == part || (expected == kAnyName && !part.empty());
    });
}

const Setting* find_setting(const Settings& settings, std::string_view name) {
    const auto found = std::ranges::find_if(
        settings, [&](const Setting& setting) { return matches(setting, name); });
    return found == settings.end() ? nullptr : &*found;
}

Result<Value> parse_text(const Setting& setting, std::string_view text) {
    const auto parse = [&]() -> Result<Value> {
        switch (setting.type) {
            case Type::boolean:
                return parse_boolean(setting, text);
            case Type::integer:
                return parse_integer(setting, text);
            case Type::text_list:
                return parse_list(text);
            case Type::text:
            case Type::path:
                break;
        }
        return Value(std::string(text));
    };
    DARKROOM_TRY_ASSIGN(Value value, parse());
    DARKROOM_TRY(check_value(setting, value));
    return value;
}

Result<void> check_value(const Setting& setting, const Value& value) {
    const auto shown = [&] { return setting.is_secret ? "(secret)" : show_value(value); };
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        if (*number < setting.least || *number > setting.most) return refuse(setting, shown());
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        const bool is_choice = setting.choices.empty() ||
                               std::ranges::find(setting.choices, *text) != setting.choices.end();
        const bool is_empty_path = setting.type == Type::path && text->empty();
        const bool has_null = text->find('\0') != std::string::npos;
        if (!is_choice || is_empty_path || has_null) return refuse(setting, shown());
    }
    return {};
}

std::string show_value(const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&value)) return quote(*text);
    std::vector<std::string> quoted;
    for (const std::string& word : std::get<std::vector<std::string>>(value))
        quoted.push_back(quote(word));
    return "[" + join(quoted, ", ") + "]";
}

std::string expectation(const Setting& setting) {
    switch (setting.type) {
        case Type::boolean:
            return "true or false";
        case Type::integer: {
            const std::string unit = setting.unit.empty() ? "" : " " + setting.unit;
            constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
            if (setting.most == kNoLimit) {
                return format("an integer from {}{}", setting.least, unit);
            }
            return format("an integer from {} to {}{}", setting.least, setting.most, unit);
        }
        case Type::path:
            return "a path";
        case Type::text_list:
            return "a list of texts";
        case Type::text:
            break;
    }
    return setting.choices.empty() ? "a text" : "one of " + join(setting.choices, ", ");
}

}  // namespace darkroom::config
