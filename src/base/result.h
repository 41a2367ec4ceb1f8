// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace darkroom {

/// A value or the Error that prevented it. Member names follow std::expected.
template <class T>
class [[nodiscard]] Result {
  public:
    using value_type = T;

    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    /// The value; throws ContractViolation when there is none.
    T& value() & {
        require_value();
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        require_value();
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        require_value();
        return std::move(*std::get_if<0>(&state_));
    }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    /// The error; throws ContractViolation when there is a value.
    [[nodiscard]] const Error& error() const {
        DARKROOM_CHECK(!has_value(), "no error in a successful result");
        return *std::get_if<1>(&state_);
    }

    [[nodiscard]] T value_or(T fallback) const {
        return has_value() ? value() : std::move(fallback);
    }

  private:
    void require_value() const {
        DARKROOM_CHECK(has_value(), "no value: {}", std::get_if<1>(&state_)->message);
    }

    std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
  public:
    using value_type = void;

    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

    [[nodiscard]] bool has_value() const { return !error_.has_value(); }
    explicit operator bool() const { return has_value(); }

    [[nodiscard]] const Error& error() const {
        DARKROOM_CHECK(!has_value(), "no error in a successful result");
        return *error_;
    }

  private:
    std::optional<Error> error_;
};

}  // namespace darkroom

#define DARKROOM_CONCAT_INNER(a, b) a##b
#define DARKROOM_CONCAT(a, b) DARKROOM_CONCAT_INNER(a, b)

#define DARKROOM_TRY_ASSIGN_INNER(result, declaration, expression) \
    auto result = (expression);                                    \
    if (!result.has_value()) return result.error();                \
    declaration = *std::move(result)

/// `DARKROOM_TRY_ASSIGN(const Header header, read_header(bytes));` returns the error to the caller.
#define DARKROOM_TRY_ASSIGN(declaration, expression) \
    DARKROOM_TRY_ASSIGN_INNER(DARKROOM_CONCAT(result_, __LINE__), declaration, expression)

/// Evaluates a Result<void> (or discards a value) and returns its error to the caller.
#define DARKROOM_TRY(expression)                                          \
    do {                                                                  \
        auto darkroom_result = (expression);                              \
        if (!darkroom_result.has_value()) return darkroom_result.error(); \
    } while (false)
