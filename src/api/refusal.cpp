// SPDX-License-Identifier: Apache-2.0
#include "api/refusal.h"

#include "api/python_text.h"

namespace darkroom::api {
namespace {

constexpr int kUnprocessable = 422;

json::Value four_keys(std::string error, std::string detail, std::string errors) {
    return json::Object{
        {"error", std::move(error)},
        {"detail", std::move(detail)},
        {"body", ""},
        {"errors", std::move(errors)}};
}

}  // namespace

Refusal validation_refusal(const std::vector<FieldError>& errors) {
    json::Array detail;
    for (const FieldError& error : errors) {
        json::Object entry{{"loc", error.location}, {"msg", error.message}, {"type", error.type}};
        if (error.context) entry.append("ctx", *error.context);
        detail.emplace_back(std::move(entry));
    }
    return {kUnprocessable, json::Object{{"detail", std::move(detail)}}};
}

Refusal http_exception(int status, std::string detail) {
    return {status, four_keys("HTTPException", std::move(detail), "")};
}

Refusal python_exception(std::string class_name, std::string text) {
    return {500, four_keys(std::move(class_name), "", std::move(text))};
}

Refusal key_error(const std::string& key) {
    return python_exception("KeyError", python_repr(key));
}

Refusal route_not_found() {
    return {404, json::Object{{"detail", "Not Found"}}};
}

Refusal method_not_allowed() {
    return {405, json::Object{{"detail", "Method Not Allowed"}}};
}

Refusal refusal_from(const Error& error) {
    if (error.code == ErrorCode::internal) return python_exception("RuntimeError", error.message);
    if (error.code != ErrorCode::invalid_argument) {
        return http_exception(http_status(error.code), error.message);
    }
    json::Array location = {"body"};
    if (!error.field.empty()) location.emplace_back(error.field);
    return validation_refusal({{std::move(location), error.message}});
}

}  // namespace darkroom::api
