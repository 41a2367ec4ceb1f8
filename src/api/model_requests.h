// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/refusal.h"
#include "domain/model_file.h"
#include "domain/model_source.h"

namespace darkroom::api {

/// The body of POST /models and PUT /models/{name} (serverless-sd-api.md 2.3).
struct ModelRequest {
    /// Absent or empty where the body does not say.
    std::optional<domain::ModelType> type = {};
    std::string name = {};
    std::string etag = {};
    /// Its `source`, or its `ossPath`: a path of the import folder, or a URL.
    domain::ModelSource source = {};
    std::optional<std::string> note = {};
};

/// Names of members in any case; unknown ones are dropped. 400 for what is no JSON object, 422 for
/// a member of another type or out of bounds, an unknown type of model, and a URL.
Outcome<ModelRequest> parse_model_request(std::string_view body);

/// The body of POST /uploads.
struct UploadRequest {
    /// None is a picture: "image" in the body, where the name may be left out.
    std::optional<domain::ModelType> type = domain::ModelType::stable_diffusion;
    std::string name;
    std::uint64_t size_bytes = 0;
    /// 64 lower-case hex digits; empty where the body does not say.
    std::string sha256 = {};
};

/// As parse_model_request; type, name and size must be there.
Outcome<UploadRequest> parse_upload_request(std::string_view body);

}  // namespace darkroom::api
