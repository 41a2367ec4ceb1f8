// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/extras.h"
#include "json/json.h"

/// Answers of A1111's API that are kept as the result of a task (serverless-sd-api.md 2.11).
namespace darkroom::api {

/// What a kept answer repeats of its request. It lies in the row's request, beside what is drawn.
struct AskedFor {
    /// The last word of the path.
    std::string route;
    /// A drawing's fields as they were sent, without pictures.
    json::Object parameters = {};
};

/// The row's request with it, for payloads of generations and extras, whose decoders skip it.
std::string add_asked(std::string_view request, const AskedFor& asked);

/// What add_asked added; nothing for the request of a task that keeps no answer.
std::optional<AskedFor> asked_in(std::string_view request);

/// Name of the member that add_asked adds.
inline constexpr const char* kAskedMember = "asked";

inline constexpr const char* kExtraSingleRoute = "extra-single-image";
inline constexpr const char* kExtraBatchRoute = "extra-batch-images";

/// A1111's answer of one of the two routes; pictures in base64, or as object keys.
json::Object extras_answer(
    std::string_view route, const domain::Extras& extras, std::vector<std::string> pictures);

/// The result of a task that keeps the answer of a call, and what is in it. A result that is none
/// has a null body.
std::string encode_call_result(const json::Value& body);
json::Value decode_call_result(std::string_view result);

}  // namespace darkroom::api
