// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::http {

/// True when two ASCII texts differ in case only.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Text without blanks and tabs at its ends.
std::string_view trimmed(std::string_view text);

/// The elements of a comma-separated header value, trimmed; empty ones are left out.
std::vector<std::string_view> comma_separated(std::string_view value);

/// Header fields in order; names compare without regard to case.
class Headers {
  public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

    /// Adds a field. Control characters in the value become blanks, so that no value can start a
    /// header of its own; a name that is not an HTTP token throws ContractViolation.
    void add(std::string_view name, std::string_view value);
    /// Replaces all fields of that name by one.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);

    /// The first value, or nullptr.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    /// The first value, or an empty text.
    [[nodiscard]] std::string_view get(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;

    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }

  private:
    std::vector<Field> fields_;
};

}  // namespace darkroom::http
