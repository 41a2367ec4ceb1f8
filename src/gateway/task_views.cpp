// SPDX-License-Identifier: Apache-2.0
#include "gateway/task_views.h"

#include "api/serverless_request.h"
#include "api/task_payload.h"
#include "base/format.h"

namespace darkroom::gateway {

Result<api::TaskPictures> pictures_of(
    const Parts& parts, const domain::Task& task, const http::Request& request) {
    DARKROOM_TRY_ASSIGN(api::TaskResult result, api::decode_result(task.result));
    // The server let only hosts in that it answers for.
    const std::string base = format("http://{}", request.headers.get("Host"));
    api::TaskPictures pictures;
    for (const std::string& text : result.images) {
        DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(text));
        pictures.urls.push_back(base + parts.urls.path_of(key));
    }
    pictures.keys = std::move(result.images);
    return pictures;
}

std::optional<api::QueueStanding> standing_of(const Parts& parts, const domain::TaskId& id) {
    const auto place = parts.dispatcher.scheduler().place(id);
    if (!place) return std::nullopt;
    return api::QueueStanding{place->position, place->eta_s};
}

api::Refusal message_from(const Error& error) {
    return api::message_refusal(http_status(error.code), error.message);
}

}  // namespace darkroom::gateway
