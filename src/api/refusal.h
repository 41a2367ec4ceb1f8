// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "json/json.h"

namespace darkroom::api {

/// An answer other than success, ready to send. A1111's clients read the body's shape, so the
/// shapes are made only by the functions below (a1111-api.md 1.2).
struct Refusal {
    int status = 500;
    json::Value body = {};
};

/// One entry of a 422's `detail`, in pydantic v1's words.
struct FieldError {
    /// {"body", "steps"}; names and array indices.
    json::Array location;
    std::string message;
    std::string type = "value_error";
    std::optional<json::Object> context = {};
};

/// 422 {"detail": [{loc, msg, type, ctx?}, ...]}.
Refusal validation_refusal(const std::vector<FieldError>& errors);

/// The status with {"error": "HTTPException", "detail": ..., "body": "", "errors": ""}.
Refusal http_exception(int status, std::string detail);

/// 500 {"error": <Python class>, "detail": "", "body": "", "errors": ...}.
Refusal python_exception(std::string class_name, std::string text);

/// 500 KeyError, whose text is the key in Python's quotes.
Refusal key_error(const std::string& key);

/// 404 {"detail": "Not Found"}: no such route.
Refusal route_not_found();

/// 405 {"detail": "Method Not Allowed"}; the caller adds the Allow header.
Refusal method_not_allowed();

/// invalid_argument is a 422 entry for its field, internal is a 500 RuntimeError, and every other
/// code is an HTTPException with http_status(code).
Refusal refusal_from(const Error& error);

/// A value, or the answer that refuses it. Works with DARKROOM_TRY and DARKROOM_TRY_ASSIGN.
template <class T>
class [[nodiscard]] Outcome {
  public:
    Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}            // NOLINT
    Outcome(Refusal refusal) : state_(std::in_place_index<1>, std::move(refusal)) {}  // NOLINT

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    /// The value; throws ContractViolation when there is none.
    T& value() {
        DARKROOM_CHECK(has_value(), "no value: {}", json::dump(std::get_if<1>(&state_)->body));
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] const T& value() const {
        DARKROOM_CHECK(has_value(), "no value: {}", json::dump(std::get_if<1>(&state_)->body));
        return *std::get_if<0>(&state_);
    }

    /// The refusal; throws ContractViolation when there is a value.
    [[nodiscard]] const Refusal& error() const {
        DARKROOM_CHECK(!has_value(), "no refusal in a successful outcome");
        return *std::get_if<1>(&state_);
    }

  private:
    std::variant<T, Refusal> state_;
};

}  // namespace darkroom::api
