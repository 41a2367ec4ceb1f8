// SPDX-License-Identifier: Apache-2.0
#include "integration/a1111.h"

#include "base/encoding.h"

namespace darkroom::integration {
namespace {

constexpr std::int64_t kSide = 128;

}  // namespace

json::Object fields_of(const Drawing& drawing) {
    json::Object fields{
        {"prompt", drawing.prompt},
        {"width", kSide},
        {"height", kSide},
        {"steps", drawing.steps},
        {"sampler_name", drawing.sampler},
        {"seed", drawing.seed}};
    if (!drawing.task_name.empty()) fields.set("force_task_id", drawing.task_name);
    return fields;
}

std::string body_of(const Drawing& drawing) {
    return json::dump(fields_of(drawing));
}

std::vector<std::byte> picture_of(const http::ClientResponse& response) {
    const json::Value body = json::parse(response.body).value();
    return base64_decode(body["images"][0].as_string()).value();
}

}  // namespace darkroom::integration
