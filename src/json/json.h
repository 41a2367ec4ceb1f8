// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace darkroom::json {

class Value;

using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;

/// Members in the order they were written; a key appears once.
class Object {
  public:
    Object() = default;
    Object(std::initializer_list<Member> members);

    /// The member's value, or nullptr.
    [[nodiscard]] const Value* find(std::string_view key) const;
    [[nodiscard]] Value* find(std::string_view key);
    /// Replaces the member or appends it.
    void set(std::string key, Value value);
    /// Appends without looking for the key; the caller knows that it is new.
    void append(std::string key, Value value);
    bool erase(std::string_view key);

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const;
    [[nodiscard]] std::vector<Member>::const_iterator begin() const;
    [[nodiscard]] std::vector<Member>::const_iterator end() const;

    bool operator==(const Object& other) const;

  private:
    std::vector<Member> members_;
};

/// A JSON value (RFC 8259). Integers that fit 64 bits keep their digits.
class Value {
  public:
    Value() = default;
    Value(std::nullptr_t) {}                                       // NOLINT: implicit
    Value(bool value) : value_(value) {}                           // NOLINT: implicit
    Value(int value) : value_(std::int64_t{value}) {}              // NOLINT: implicit
    Value(std::int64_t value) : value_(value) {}                   // NOLINT: implicit
    Value(std::uint64_t value);                                    // NOLINT: implicit
    Value(double value) : value_(value) {}                         // NOLINT: implicit
    Value(std::string value) : value_(std::move(value)) {}         // NOLINT: implicit
    Value(std::string_view value) : value_(std::string(value)) {}  // NOLINT: implicit
    Value(const char* value) : value_(std::string(value)) {}       // NOLINT: implicit
    Value(Array value) : value_(std::move(value)) {}               // NOLINT: implicit
    Value(Object value) : value_(std::move(value)) {}              // NOLINT: implicit

    [[nodiscard]] bool is_null() const { return value_.index() == 0; }
    [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }
    [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
    [[nodiscard]] bool is_number() const { return is_integer() || is_double(); }
    [[nodiscard]] bool is_double() const { return std::holds_alternative<double>(value_); }
    [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
    [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
    [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }

    /// The value as that type; throws ContractViolation when it is another.
    [[nodiscard]] bool as_bool() const;
    [[nodiscard]] std::int64_t as_integer() const;
    /// Any number.
    [[nodiscard]] double as_double() const;
    [[nodiscard]] const std::string& as_string() const;
    [[nodiscard]] const Array& as_array() const;
    [[nodiscard]] Array& as_array();
    [[nodiscard]] const Object& as_object() const;
    [[nodiscard]] Object& as_object();

    /// The member of an object; nullptr for another type or an absent key.
    [[nodiscard]] const Value* find(std::string_view key) const;
    /// The member of an object or the element of an array; throws when it is not there.
    [[nodiscard]] const Value& operator[](std::string_view key) const;
    [[nodiscard]] const Value& operator[](std::size_t index) const;

    bool operator==(const Value& other) const { return value_ == other.value_; }

  private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct ParseLimits {
    int max_depth = 64;
};

/// Why a text is not JSON, in the terms of Python's json module.
struct ParseError {
    std::size_t position = 0;
    std::string message;
};

/// Parses one whole text. Refuses duplicate keys, malformed UTF-8, numbers out of range and deeper
/// nesting than the limit. Fails with invalid_argument.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

/// The same, with the position of the failure.
std::variant<Value, ParseError> parse_located(
    std::string_view text, const ParseLimits& limits = {});

enum class Style {
    /// No spaces; UTF-8 as it is.
    compact,
    /// `", "` and `": "`, ASCII escapes: as Python's json.dumps writes.
    python,
    /// Two-space indentation.
    indented,
};

/// Writes a value; malformed UTF-8 in strings becomes U+FFFD, NaN and infinities become null.
std::string dump(const Value& value, Style style = Style::compact);

}  // namespace darkroom::json
