// SPDX-License-Identifier: Apache-2.0
#include "api/json_members.h"

#include <charconv>

#include "base/format.h"

namespace darkroom::api {
namespace {

/// A decimal string where a JSON integer has too few bits.
json::Value unsigned_value(std::uint64_t value) {
    if (value <= INT64_MAX) return value;
    return std::to_string(value);
}

std::optional<std::uint64_t> read_unsigned(const json::Value& value) {
    if (value.is_integer()) {
        if (value.as_integer() < 0) return std::nullopt;
        return static_cast<std::uint64_t>(value.as_integer());
    }
    if (!value.is_string()) return std::nullopt;
    const std::string& text = value.as_string();
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

Error bad_member(std::string_view what, const std::string& name) {
    return Error{ErrorCode::invalid_argument, format("JSON member is {}: {}", what, name), name};
}

}  // namespace

json::Value text_or_null(const std::string& text) {
    return text.empty() ? json::Value() : json::Value(text);
}

void MemberReader::member(const std::string& name, std::string& target) {
    const json::Value* value = take(name, &json::Value::is_string);
    if (value != nullptr) target = value->as_string();
}

void MemberReader::member(const std::string& name, std::int64_t& target) {
    const json::Value* value = take(name, &json::Value::is_integer);
    if (value != nullptr) target = value->as_integer();
}

void MemberReader::member(const std::string& name, double& target) {
    const json::Value* value = take(name, &json::Value::is_number);
    if (value != nullptr) target = value->as_double();
}

void MemberReader::member(const std::string& name, bool& target) {
    const json::Value* value = take(name, &json::Value::is_bool);
    if (value != nullptr) target = value->as_bool();
}

void MemberReader::member(const std::string& name, std::uint64_t& target) {
    const json::Value* value = take(name);
    const auto number = value != nullptr ? read_unsigned(*value) : std::nullopt;
    if (!number) return fail(name);
    target = *number;
}

void MemberReader::member(const std::string& name, std::optional<double>& target) {
    const json::Value* value = take(name);
    if (value == nullptr || !(value->is_null() || value->is_number())) return fail(name);
    target.reset();
    if (value->is_number()) target = value->as_double();
}

void MemberReader::member(const std::string& name, std::vector<std::string>& target) {
    const json::Value* list = take(name, &json::Value::is_array);
    if (list == nullptr) return;
    target.clear();
    for (const json::Value& value : list->as_array()) {
        if (!value.is_string()) return fail(name);
        target.push_back(value.as_string());
    }
}

void MemberReader::member(const std::string& name, std::vector<std::uint64_t>& target) {
    const json::Value* list = take(name, &json::Value::is_array);
    if (list == nullptr) return;
    target.clear();
    for (const json::Value& value : list->as_array()) {
        const auto number = read_unsigned(value);
        if (!number) return fail(name);
        target.push_back(*number);
    }
}

void MemberReader::member(const std::string& name, json::Object& target) {
    const json::Value* value = take(name, &json::Value::is_object);
    if (value != nullptr) target = value->as_object();
}

Result<void> MemberReader::finish() const {
    if (!bad_.empty()) return bad_member("missing or of the wrong type", bad_);
    for (const auto& [name, value] : object_) {
        if (!names_.contains(name)) return bad_member("unknown", name);
    }
    return {};
}

const json::Value* MemberReader::take(const std::string& name) {
    names_.insert(name);
    return object_.find(name);
}

const json::Value* MemberReader::take(
    const std::string& name, bool (json::Value::*is_type)() const) {
    const json::Value* value = take(name);
    if (value != nullptr && (value->*is_type)()) return value;
    fail(name);
    return nullptr;
}

void MemberReader::fail(const std::string& name) {
    if (bad_.empty()) bad_ = name;
}

void MemberWriter::member(const std::string& name, const std::string& value) {
    object_.append(name, value);
}

void MemberWriter::member(const std::string& name, std::int64_t value) {
    object_.append(name, value);
}

void MemberWriter::member(const std::string& name, std::uint64_t value) {
    object_.append(name, unsigned_value(value));
}

void MemberWriter::member(const std::string& name, double value) {
    object_.append(name, value);
}

void MemberWriter::member(const std::string& name, bool value) {
    object_.append(name, value);
}

void MemberWriter::member(const std::string& name, const std::optional<double>& value) {
    object_.append(name, value ? json::Value(*value) : json::Value());
}

void MemberWriter::member(const std::string& name, const std::vector<std::string>& value) {
    object_.append(name, json::Array(value.begin(), value.end()));
}

void MemberWriter::member(const std::string& name, const std::vector<std::uint64_t>& value) {
    json::Array list;
    for (const std::uint64_t number : value)
        list.push_back(unsigned_value(number));
    object_.append(name, std::move(list));
}

void MemberWriter::member(const std::string& name, const json::Object& value) {
    object_.append(name, value);
}

}  // namespace darkroom::api
