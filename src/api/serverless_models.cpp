// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_models.h"

#include "api/json_members.h"

namespace darkroom::api {
namespace {

constexpr std::size_t kShortHash = 10;
constexpr std::int64_t kMsPerSecond = 1000;

/// That API's times are decimal seconds in a text.
std::string seconds_text(std::int64_t wall_ms) {
    return std::to_string(wall_ms / kMsPerSecond);
}

}  // namespace

json::Object serverless_model_body(const domain::ModelFile& file, const std::string& thumbnail) {
    const bool has_size = file.facts.native_size > 0;
    json::Object body{
        {"type", domain::to_string(file.type)},
        {"name", file.name},
        {"status", domain::to_string(file.status)},
        {"ossPath", file.source},
        {"etag", file.etag},
        {"registeredTime", seconds_text(file.registered_ms)},
        {"lastModificationTime", seconds_text(file.changed_ms)},
        {"size", file.size_bytes},
        {"sha256", text_or_null(file.sha256)},
        {"hash", text_or_null(file.sha256.substr(0, kShortHash))},
        {"family", text_or_null(file.facts.family)},
        {"dtype", text_or_null(file.facts.dtype)},
        {"nativeSize", has_size ? json::Value(file.facts.native_size) : json::Value()},
        {"thumbnail", text_or_null(thumbnail)},
        {"note", text_or_null(file.note)}};
    if (file.status == domain::ModelStatus::registering) body.set("progress", file.progress);
    if (!file.reason.empty()) body.set("message", file.reason);
    return body;
}

}  // namespace darkroom::api
