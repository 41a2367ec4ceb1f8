// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "api/refusal.h"
#include "json/json.h"

/// Request models as tables, with pydantic v1's coercions and words (a1111-api.md 1.2).
namespace darkroom::api {

enum class FieldKind { text, integer, number, boolean, text_list, list, dictionary };

struct RequestField {
    std::string_view name;
    FieldKind kind = FieldKind::text;
    /// Taken as it is when the field is absent: a number's default may be the integer 0.
    json::Value default_value = {};
    /// False where null is refused.
    bool nullable = true;
};

/// The value as pydantic v1 would make it: integer from "12", 20.7 or true; number from "1.5";
/// boolean from 0, "yes", "off"; text from a number. Nothing when it refuses. An empty array is
/// also a dictionary, as for Python's dict().
std::optional<json::Value> coerce(FieldKind kind, const json::Value& value);

/// The entry for a value of the wrong type.
FieldError type_error(FieldKind kind, json::Array location);

/// The entries for numbers out of range, "ensure this value is greater than or equal to 1".
FieldError below_minimum(json::Array location, const json::Value& minimum);
FieldError above_maximum(json::Array location, const json::Value& maximum);

/// The JSON object of a request body. Refuses an empty body, malformed JSON (A1111's jsondecode
/// entry) and other types.
Outcome<json::Object> parse_body(std::string_view body);

/// All fields in the table's order, coerced, absent ones with their default. Members that the
/// table does not name are ignored. Refuses with one entry per bad field.
Outcome<json::Object> read_fields(std::span<const RequestField> table, const json::Object& body);

}  // namespace darkroom::api
