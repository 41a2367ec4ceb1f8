// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "http/server_fixture.h"
#include "json/json.h"

/// Requests and answers of the test that holds docs/api/openapi.yaml against the routes.
namespace darkroom::gateway {

/// What a server said, taken apart.
struct Answer {
    int status = 0;
    std::string media_type;
    std::string body;
};

inline Answer read_answer(http::RawSocket& socket) {
    const std::string text = socket.read_response();
    Answer answer;
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    constexpr std::string_view kType = "Content-Type: ";
    if (!text.starts_with(kVersion)) return answer;
    answer.status = std::stoi(text.substr(kVersion.size()));
    if (text.find(kType) == std::string::npos) return answer;
    const std::size_t type = text.find(kType) + kType.size();
    answer.media_type = text.substr(type, text.find_first_of(";\r", type) - type);
    answer.body = text.substr(text.find("\r\n\r\n") + 4);
    return answer;
}

/// Name of the schema that an error's body follows.
inline std::string schema_of(const json::Value& body) {
    if (body.find("fails") != nullptr) return "FunctionFailure";
    if (body.find("message") != nullptr) return "Message";
    if (body.find("error") != nullptr) return "FourKeyError";
    if (body.find("detail") == nullptr) return "NotReady";
    return body["detail"].is_array() ? "ValidationError" : "OneKeyError";
}

/// The route with `value` in its placeholder.
inline std::string filled(const std::string& route, const std::string& value) {
    const std::size_t begin = route.find('{');
    if (begin == std::string::npos) return route;
    const std::size_t end = route.find('}', begin);
    return route.substr(0, begin) + value + route.substr(end + 1);
}

inline std::string request_line(const std::string& route, const std::string& value = "x") {
    return filled(route, value) + " HTTP/1.1\r\n";
}

/// As OpenAPI writes a route: it has no placeholder for several segments.
inline std::string documented_name(std::string route) {
    const std::size_t dots = route.find("...}");
    return dots == std::string::npos ? route : route.erase(dots, 3);
}

}  // namespace darkroom::gateway
