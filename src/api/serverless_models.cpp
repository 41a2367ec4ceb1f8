// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_models.h"

#include "api/json_members.h"

namespace darkroom::api {

json::Object serverless_model_body(const domain::ModelDescription& model) {
    const bool has_size = model.native_size > 0;
    return json::Object{
        {"type", "stableDiffusion"},
        {"name", model.relative_name},
        {"status", "loaded"},
        {"ossPath", ""},
        {"etag", ""},
        {"size", model.size_bytes},
        {"sha256", text_or_null(model.sha256)},
        {"hash", text_or_null(model.hash10)},
        {"family", text_or_null(model.family)},
        {"nativeSize", has_size ? json::Value(model.native_size) : json::Value()}};
}

json::Array serverless_models_body(std::span<const domain::ModelDescription> models) {
    json::Array body;
    for (const domain::ModelDescription& model : models)
        body.emplace_back(serverless_model_body(model));
    return body;
}

}  // namespace darkroom::api
