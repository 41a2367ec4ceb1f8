// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace darkroom::api {

/// The text, or null when it is empty.
json::Value text_or_null(const std::string& text);

/// Reads an object strictly: each `member` must be there with the target's type, and `finish`
/// fails when one was not or when the object has others. Unsigned numbers may be decimal strings.
class MemberReader {
  public:
    explicit MemberReader(const json::Object& object) : object_(object) {}

    void member(const std::string& name, std::string& target);
    void member(const std::string& name, std::int64_t& target);
    void member(const std::string& name, std::uint64_t& target);
    void member(const std::string& name, double& target);
    void member(const std::string& name, bool& target);
    /// Null is an absent value.
    void member(const std::string& name, std::optional<double>& target);
    void member(const std::string& name, std::vector<std::string>& target);
    void member(const std::string& name, std::vector<std::uint64_t>& target);
    void member(const std::string& name, json::Object& target);

    /// Fails with invalid_argument, the member's name in the message and the field.
    [[nodiscard]] Result<void> finish() const;

  private:
    const json::Value* take(const std::string& name);
    const json::Value* take(const std::string& name, bool (json::Value::*is_type)() const);
    void fail(const std::string& name);

    const json::Object& object_;
    std::set<std::string> names_;
    std::string bad_;
};

/// Writes what MemberReader reads.
class MemberWriter {
  public:
    void member(const std::string& name, const std::string& value);
    void member(const std::string& name, std::int64_t value);
    void member(const std::string& name, std::uint64_t value);
    void member(const std::string& name, double value);
    void member(const std::string& name, bool value);
    void member(const std::string& name, const std::optional<double>& value);
    void member(const std::string& name, const std::vector<std::string>& value);
    void member(const std::string& name, const std::vector<std::uint64_t>& value);
    void member(const std::string& name, const json::Object& value);

    json::Object take() { return std::move(object_); }

  private:
    json::Object object_;
};

}  // namespace darkroom::api
