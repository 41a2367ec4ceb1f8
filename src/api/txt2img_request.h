// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/refusal.h"
#include "api/request_fields.h"
#include "json/json.h"

namespace darkroom::api {

/// The two requests for pictures; the words are those of their paths.
enum class RequestKind { txt2img, img2img };

std::string_view to_string(RequestKind kind);

/// Fields of POST /sdapi/v1/txt2img or img2img in the order of the response's `parameters`
/// (a1111-api.md 1.4).
std::span<const RequestField> request_fields(RequestKind kind);
std::span<const RequestField> txt2img_fields();

/// A request whose types are right and whose values are not yet judged.
struct PictureRequest {
    /// Every field in order: the response's `parameters`.
    json::Object parameters;

    /// A field's value; nothing when it is null. The kind must be the field's own.
    [[nodiscard]] std::optional<std::string> text(std::string_view field) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view field) const;
    [[nodiscard]] std::optional<double> number(std::string_view field) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view field) const;
    /// A list's or dictionary's value, null included.
    [[nodiscard]] const json::Value& value(std::string_view field) const;
    /// Fields of the other kind are not there.
    [[nodiscard]] RequestKind kind() const;
};
using Txt2imgRequest = PictureRequest;

/// Reads a body. Refuses what A1111 refuses: malformed JSON, wrong types, a null prompt.
Outcome<PictureRequest> parse_request(RequestKind kind, std::string_view body);
Outcome<PictureRequest> parse_txt2img(std::string_view body);

}  // namespace darkroom::api
