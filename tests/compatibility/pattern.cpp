// SPDX-License-Identifier: Apache-2.0
#include "compatibility/pattern.h"

#include <charconv>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string_view>

#include "base/format.h"

namespace darkroom::compatibility {
namespace {

/// "contains" and "TEXT" of "<contains TEXT>".
struct Demand {
    std::string_view word;
    std::string_view argument;
};

std::optional<Demand> demand_of(std::string_view text) {
    if (text.size() < 3 || text.front() != '<' || text.back() != '>') return std::nullopt;
    const std::string_view inner = text.substr(1, text.size() - 2);
    const std::size_t space = inner.find(' ');
    if (space == std::string_view::npos) return Demand{inner, {}};
    return Demand{inner.substr(0, space), inner.substr(space + 1)};
}

double number(std::string_view text) {
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
        throw std::runtime_error(format("a pattern needs a number in place of {}", text));
    }
    return value;
}

bool is_between(const json::Value& actual, std::string_view bounds) {
    constexpr std::string_view kTo = " to ";
    const std::size_t middle = bounds.find(kTo);
    if (middle == std::string_view::npos) throw std::runtime_error("<from A to B> lacks its `to`");
    const double low = number(bounds.substr(0, middle));
    const double high = number(bounds.substr(middle + kTo.size()));
    return actual.is_number() && actual.as_double() >= low && actual.as_double() <= high;
}

bool has_size(const json::Value& actual, const Demand& demand) {
    if (demand.word == "array") {
        if (!actual.is_array()) return false;
        return demand.argument.empty() ||
               static_cast<double>(actual.as_array().size()) == number(demand.argument);
    }
    return actual.is_string() &&
           static_cast<double>(actual.as_string().size()) == number(demand.argument);
}

bool meets(const json::Value& actual, const Demand& demand) {
    if (demand.word == "any") return true;
    if (demand.word == "string") return actual.is_string();
    if (demand.word == "number") return actual.is_number();
    if (demand.word == "object") return actual.is_object();
    if (demand.word == "array" || demand.word == "length") return has_size(actual, demand);
    if (demand.word == "from") return is_between(actual, demand.argument);
    if (!actual.is_string()) return false;
    const std::string& text = actual.as_string();
    if (demand.word == "contains") return text.find(demand.argument) != std::string::npos;
    if (demand.word == "matches") {
        return std::regex_match(text, std::regex(std::string(demand.argument)));
    }
    throw std::runtime_error(format("no pattern has the word {}", demand.word));
}

std::string differs(
    const std::string& place, const json::Value& pattern, const json::Value& actual) {
    return format(
        "{}: wanted {}, got {}",
        place.empty() ? "the answer" : place,
        json::dump(pattern),
        json::dump(actual));
}

std::string compare(
    const std::string& place, const json::Value& pattern, const json::Value& actual);

std::string compare_members(
    const std::string& place, const json::Object& pattern, const json::Value& actual) {
    if (!actual.is_object()) return differs(place, pattern, actual);
    for (const auto& [key, wanted] : pattern) {
        const std::string member = place.empty() ? key : place + "." + key;
        const json::Value* found = actual.find(key);
        const bool must_be_absent = wanted == json::Value("<absent>");
        if (must_be_absent != (found == nullptr)) {
            return format("{}: {}", member, found == nullptr ? "is not there" : "is there");
        }
        if (found == nullptr) continue;
        std::string reason = compare(member, wanted, *found);
        if (!reason.empty()) return reason;
    }
    return {};
}

std::string compare_elements(
    const std::string& place, const json::Array& pattern, const json::Value& actual) {
    if (!actual.is_array() || actual.as_array().size() != pattern.size()) {
        return differs(place, pattern, actual);
    }
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        std::string reason = compare(format("{}[{}]", place, i), pattern[i], actual[i]);
        if (!reason.empty()) return reason;
    }
    return {};
}

std::string compare(
    const std::string& place, const json::Value& pattern, const json::Value& actual) {
    if (pattern.is_object()) return compare_members(place, pattern.as_object(), actual);
    if (pattern.is_array()) return compare_elements(place, pattern.as_array(), actual);
    bool is_met = pattern == actual;
    if (pattern.is_number() && actual.is_number()) {
        is_met = pattern.as_double() == actual.as_double();
    }
    if (pattern.is_string()) {
        const auto demand = demand_of(pattern.as_string());
        if (demand) is_met = meets(actual, *demand);
    }
    return is_met ? std::string() : differs(place, pattern, actual);
}

std::string text_of(const json::Value& value) {
    return value.is_string() ? value.as_string() : json::dump(value);
}

json::Value substitute_text(const std::string& text, const Variables& variables) {
    std::string result;
    std::size_t at = 0;
    while (true) {
        const std::size_t begin = text.find("${", at);
        if (begin == std::string::npos) return result + text.substr(at);
        const std::size_t end = text.find('}', begin);
        if (end == std::string::npos) throw std::runtime_error("a ${ is not closed: " + text);
        const std::string name = text.substr(begin + 2, end - begin - 2);
        const auto found = variables.find(name);
        if (found == variables.end()) throw std::runtime_error("no variable has the name " + name);
        if (begin == 0 && end + 1 == text.size()) return found->second;
        result += text.substr(at, begin - at) + text_of(found->second);
        at = end + 1;
    }
}

}  // namespace

json::Value substitute(const json::Value& value, const Variables& variables) {
    if (value.is_string()) return substitute_text(value.as_string(), variables);
    if (value.is_array()) {
        json::Array elements;
        for (const json::Value& element : value.as_array())
            elements.push_back(substitute(element, variables));
        return elements;
    }
    if (!value.is_object()) return value;
    json::Object members;
    for (const auto& [key, member] : value.as_object())
        members.set(key, substitute(member, variables));
    return members;
}

std::string mismatch(const json::Value& pattern, const json::Value& actual) {
    return compare("", pattern, actual);
}

}  // namespace darkroom::compatibility
