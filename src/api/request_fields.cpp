// SPDX-License-Identifier: Apache-2.0
#include "api/request_fields.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "api/python_text.h"
#include "base/check.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr std::array<std::string_view, 6> kTrueWords = {"1", "on", "t", "true", "y", "yes"};
constexpr std::array<std::string_view, 6> kFalseWords = {"0", "off", "f", "false", "n", "no"};
// 2^63, exact as a double.
constexpr double kIntegerBound = 9223372036854775808.0;

std::optional<json::Value> to_text(const json::Value& value) {
    if (value.is_string()) return value;
    if (value.is_bool()) return json::Value(value.as_bool() ? "True" : "False");
    if (value.is_integer()) return json::Value(std::to_string(value.as_integer()));
    if (value.is_double()) return json::Value(python_float(value.as_double()));
    return std::nullopt;
}

std::optional<json::Value> to_integer(const json::Value& value) {
    if (value.is_integer()) return value;
    if (value.is_bool()) return json::Value(value.as_bool() ? 1 : 0);
    if (value.is_double()) {
        const double whole = std::trunc(value.as_double());
        if (!(whole >= -kIntegerBound && whole < kIntegerBound)) return std::nullopt;
        return json::Value(static_cast<std::int64_t>(whole));
    }
    if (!value.is_string()) return std::nullopt;
    const std::optional<std::int64_t> parsed = parse_python_int(value.as_string());
    if (!parsed) return std::nullopt;
    return json::Value(*parsed);
}

std::optional<json::Value> to_number(const json::Value& value) {
    if (value.is_number()) return json::Value(value.as_double());
    if (value.is_bool()) return json::Value(value.as_bool() ? 1.0 : 0.0);
    if (!value.is_string()) return std::nullopt;
    const std::optional<double> parsed = parse_python_float(value.as_string());
    if (!parsed) return std::nullopt;
    return json::Value(*parsed);
}

std::optional<json::Value> to_boolean(const json::Value& value) {
    if (value.is_bool()) return value;
    if (value.is_number()) {
        if (value.as_double() == 0.0) return json::Value(false);
        if (value.as_double() == 1.0) return json::Value(true);
        return std::nullopt;
    }
    if (!value.is_string()) return std::nullopt;
    const std::string word = lower_ascii(value.as_string());
    if (std::ranges::find(kTrueWords, word) != kTrueWords.end()) return json::Value(true);
    if (std::ranges::find(kFalseWords, word) != kFalseWords.end()) return json::Value(false);
    return std::nullopt;
}

std::optional<json::Value> to_dictionary(const json::Value& value) {
    if (value.is_object()) return value;
    if (value.is_array() && value.as_array().empty()) return json::Value(json::Object());
    return std::nullopt;
}

/// The list with its elements as text; adds an entry for each that is not.
json::Value read_text_list(
    const json::Array& list, const json::Array& location, std::vector<FieldError>& errors) {
    json::Array texts;
    for (std::size_t i = 0; i < list.size(); ++i) {
        json::Array place = location;
        place.emplace_back(static_cast<std::int64_t>(i));
        if (list[i].is_null()) {
            errors.push_back(
                {place, "none is not an allowed value", "type_error.none.not_allowed"});
        } else if (std::optional<json::Value> text = to_text(list[i])) {
            texts.push_back(*std::move(text));
        } else {
            errors.push_back(type_error(FieldKind::text, std::move(place)));
        }
    }
    return texts;
}

json::Value read_field(
    const RequestField& field, const json::Value* value, std::vector<FieldError>& errors) {
    if (value == nullptr) return field.default_value;
    json::Array location = {"body", field.name};
    if (value->is_null()) {
        if (!field.nullable) {
            errors.push_back(
                {location, "none is not an allowed value", "type_error.none.not_allowed"});
        }
        return {};
    }
    if (field.kind == FieldKind::text_list && value->is_array()) {
        return read_text_list(value->as_array(), location, errors);
    }
    if (std::optional<json::Value> coerced = coerce(field.kind, *value)) return *coerced;
    errors.push_back(type_error(field.kind, std::move(location)));
    return {};
}

/// The library's words next to those of Python's json module.
struct Wording {
    std::string_view ours;
    std::string_view python;
};

constexpr std::array<Wording, 7> kWordings = {{
    {"missing closing quote", "Unterminated string starting at"},
    {"control character", "Invalid control character at"},
    {"while parsing object key", "Expecting property name enclosed in double quotes"},
    {"while parsing object separator", "Expecting ':' delimiter"},
    {"while parsing object -", "Expecting ',' delimiter"},
    {"while parsing array", "Expecting ',' delimiter"},
    {"expected end of input", "Extra data"},
}};

std::string_view python_words(std::string_view message) {
    for (const Wording& wording : kWordings) {
        if (message.find(wording.ours) != std::string_view::npos) return wording.python;
    }
    return message.starts_with("syntax error") ? "Expecting value" : message;
}

/// Enough of a body to find the mistake; the sender has the rest.
constexpr std::size_t kLongestDocument = 1000;

FieldError malformed(std::string_view body, const json::ParseError& error) {
    const std::size_t position = std::min(error.position, body.size());
    const std::string_view before = body.substr(0, position);
    const auto line = std::ranges::count(before, '\n') + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const auto column = static_cast<std::int64_t>(position - line_start + 1);
    const std::string words(python_words(error.message));
    json::Object context{
        {"msg", words},
        {"doc", body.substr(0, kLongestDocument)},
        {"pos", static_cast<std::int64_t>(position)},
        {"lineno", static_cast<std::int64_t>(line)},
        {"colno", column}};
    return {
        {"body", static_cast<std::int64_t>(position)},
        format("{}: line {} column {} (char {})", words, line, column, position),
        "value_error.jsondecode",
        std::move(context)};
}

FieldError limit_error(json::Array location, std::string_view relation, const json::Value& limit) {
    const bool below = relation == "greater";
    return {
        std::move(location),
        format(
            "ensure this value is {} than or equal to {}", relation, to_text(limit)->as_string()),
        below ? "value_error.number.not_ge" : "value_error.number.not_le",
        json::Object{{"limit_value", limit}}};
}

}  // namespace

std::optional<json::Value> coerce(FieldKind kind, const json::Value& value) {
    switch (kind) {
        case FieldKind::text:
            return to_text(value);
        case FieldKind::integer:
            return to_integer(value);
        case FieldKind::number:
            return to_number(value);
        case FieldKind::boolean:
            return to_boolean(value);
        case FieldKind::text_list:
        case FieldKind::list:
            return value.is_array() ? std::optional(value) : std::nullopt;
        case FieldKind::dictionary:
            return to_dictionary(value);
    }
    return std::nullopt;
}

FieldError type_error(FieldKind kind, json::Array location) {
    switch (kind) {
        case FieldKind::text:
            return {std::move(location), "str type expected", "type_error.str"};
        case FieldKind::integer:
            return {std::move(location), "value is not a valid integer", "type_error.integer"};
        case FieldKind::number:
            return {std::move(location), "value is not a valid float", "type_error.float"};
        case FieldKind::boolean:
            return {
                std::move(location), "value could not be parsed to a boolean", "type_error.bool"};
        case FieldKind::text_list:
        case FieldKind::list:
            return {std::move(location), "value is not a valid list", "type_error.list"};
        case FieldKind::dictionary:
            break;
    }
    return {std::move(location), "value is not a valid dict", "type_error.dict"};
}

FieldError below_minimum(json::Array location, const json::Value& minimum) {
    return limit_error(std::move(location), "greater", minimum);
}

FieldError above_maximum(json::Array location, const json::Value& maximum) {
    return limit_error(std::move(location), "less", maximum);
}

Outcome<json::Object> parse_body(std::string_view body) {
    const FieldError missing{{"body"}, "field required", "value_error.missing"};
    if (body.empty()) return validation_refusal({missing});
    auto parsed = json::parse_located(body);
    if (const auto* error = std::get_if<json::ParseError>(&parsed)) {
        return validation_refusal({malformed(body, *error)});
    }
    auto& value = std::get<json::Value>(parsed);
    if (value.is_null()) return validation_refusal({missing});
    if (!value.is_object()) {
        return validation_refusal({type_error(FieldKind::dictionary, {"body"})});
    }
    return std::move(value.as_object());
}

Outcome<json::Object> read_fields(std::span<const RequestField> table, const json::Object& body) {
    std::vector<FieldError> errors;
    json::Object values;
    for (const RequestField& field : table) {
        values.append(std::string(field.name), read_field(field, body.find(field.name), errors));
    }
    if (!errors.empty()) return validation_refusal(errors);
    return values;
}

}  // namespace darkroom::api
