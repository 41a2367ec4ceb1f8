// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/check.h"
#include "json/json.h"

namespace darkroom::json {
namespace {

template <class T, class V>
auto& get(V& value, const char* type) {
    auto* found = std::get_if<T>(&value);
    DARKROOM_CHECK(found != nullptr, "JSON value is not {}", type);
    return *found;
}

}  // namespace

Object::Object(std::initializer_list<Member> members) {
    for (const Member& member : members)
        set(member.first, member.second);
}

std::size_t Object::size() const {
    return members_.size();
}

bool Object::empty() const {
    return members_.empty();
}

std::vector<Member>::const_iterator Object::begin() const {
    return members_.begin();
}

std::vector<Member>::const_iterator Object::end() const {
    return members_.end();
}

const Value* Object::find(std::string_view key) const {
    const auto found = std::ranges::find(members_, key, &Member::first);
    return found == members_.end() ? nullptr : &found->second;
}

Value* Object::find(std::string_view key) {
    const auto found = std::ranges::find(members_, key, &Member::first);
    return found == members_.end() ? nullptr : &found->second;
}

void Object::set(std::string key, Value value) {
    if (Value* existing = find(key)) {
        *existing = std::move(value);
    } else {
        append(std::move(key), std::move(value));
    }
}

void Object::append(std::string key, Value value) {
    members_.emplace_back(std::move(key), std::move(value));
}

bool Object::erase(std::string_view key) {
    return std::erase_if(members_, [&](const Member& member) { return member.first == key; }) > 0;
}

bool Object::operator==(const Object& other) const {
    return members_ == other.members_;
}

Value::Value(std::uint64_t value) {
    if (value <= INT64_MAX) {
        value_ = static_cast<std::int64_t>(value);
    } else {
        value_ = static_cast<double>(value);
    }
}

bool Value::as_bool() const {
    return get<bool>(value_, "a boolean");
}

std::int64_t Value::as_integer() const {
    return get<std::int64_t>(value_, "an integer");
}

double Value::as_double() const {
    if (is_integer()) return static_cast<double>(as_integer());
    return get<double>(value_, "a number");
}

const std::string& Value::as_string() const {
    return get<std::string>(value_, "a string");
}

const Array& Value::as_array() const {
    return get<Array>(value_, "an array");
}

Array& Value::as_array() {
    return get<Array>(value_, "an array");
}

const Object& Value::as_object() const {
    return get<Object>(value_, "an object");
}

Object& Value::as_object() {
    return get<Object>(value_, "an object");
}

const Value* Value::find(std::string_view key) const {
    return is_object() ? as_object().find(key) : nullptr;
}

const Value& Value::operator[](std::string_view key) const {
    const Value* found = as_object().find(key);
    DARKROOM_CHECK(found != nullptr, "JSON object has no member {}", key);
    return *found;
}

const Value& Value::operator[](std::size_t index) const {
    DARKROOM_CHECK(index < as_array().size(), "JSON array has no element {}", index);
    return as_array()[index];
}

}  // namespace darkroom::json
