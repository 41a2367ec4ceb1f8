// SPDX-License-Identifier: Apache-2.0
#include "api/kept_answer.h"

#include <utility>

#include "api/extras_request.h"
#include "base/check.h"

namespace darkroom::api {
namespace {

constexpr const char* kRoute = "route";
constexpr const char* kParameters = "parameters";
constexpr const char* kBody = "body";

}  // namespace

std::string add_asked(std::string_view request, const AskedFor& asked) {
    Result<json::Value> payload = json::parse(request);
    DARKROOM_CHECK(payload && payload->is_object(), "a task's request is a JSON object");
    // As text, so that they may nest as deep as a request's body.
    payload->as_object().set(
        kAskedMember,
        json::Object{{kRoute, asked.route}, {kParameters, json::dump(asked.parameters)}});
    return json::dump(*payload);
}

std::optional<AskedFor> asked_in(std::string_view request) {
    const Result<json::Value> payload = json::parse(request);
    const json::Value* asked = payload ? payload->find(kAskedMember) : nullptr;
    if (asked == nullptr) return std::nullopt;
    const json::Value* route = asked->find(kRoute);
    const json::Value* parameters = asked->find(kParameters);
    if (route == nullptr || !route->is_string()) return std::nullopt;
    if (parameters == nullptr || !parameters->is_string()) return std::nullopt;
    const Result<json::Value> fields = json::parse(parameters->as_string());
    if (!fields || !fields->is_object()) return std::nullopt;
    return AskedFor{route->as_string(), fields->as_object()};
}

json::Object extras_answer(
    std::string_view route, const domain::Extras& extras, std::vector<std::string> pictures) {
    json::Object answer{{"html_info", html_info(extras)}};
    if (route == kExtraBatchRoute) {
        json::Array images;
        for (std::string& picture : pictures)
            images.emplace_back(std::move(picture));
        answer.set("images", std::move(images));
    } else {
        // None when it was interrupted before it began.
        answer.set("image", pictures.empty() ? std::string() : std::move(pictures.front()));
    }
    return answer;
}

std::string encode_call_result(const json::Value& body) {
    return json::dump(json::Object{{kBody, body}});
}

json::Value decode_call_result(std::string_view result) {
    const Result<json::Value> parsed = json::parse(result);
    const json::Value* body = parsed ? parsed->find(kBody) : nullptr;
    return body == nullptr ? json::Value() : *body;
}

}  // namespace darkroom::api
