// SPDX-License-Identifier: Apache-2.0
#include "gateway/task_views.h"

#include "api/serverless_request.h"
#include "api/task_payload.h"
#include "base/format.h"
#include "control/store_call.h"
#include "gateway/caller.h"
#include "gateway/forwarded.h"
#include "gateway/routes.h"

namespace darkroom::gateway {

Result<api::TaskPictures> pictures_of(
    const Parts& parts, const domain::Task& task, const http::Request& request) {
    DARKROOM_TRY_ASSIGN(api::TaskResult result, api::decode_result(task.result));
    if (task.pictures_removed_ms) result.images.clear();
    // The server let only hosts in that it answers for.
    const std::string base = format("{}://{}", scheme_of(request), request.headers.get("Host"));
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

runtime::Task<domain::Task> find_task(Parts& parts, const http::Request& request) {
    const Caller caller = caller_of(request);
    std::string name(request.parameters.get("taskId"));
    storage::TaskStore& store = parts.dispatcher.store();
    const Result<domain::TaskId> id = domain::TaskId::parse(name);
    // A name comes first: it may look like the id of another task.
    storage::TaskName named{caller.tenant, std::move(name)};
    Result<domain::Task> task =
        co_await control::store_call(store, &storage::TaskStore::find, std::move(named));
    if (task || task.error().code != ErrorCode::not_found || !id) co_return task;
    task = co_await control::store_call(store, &storage::TaskStore::get, *id);
    if (task && task->tenant != caller.tenant) co_return storage::no_such_task();
    co_return task;
}

http::Response not_found_or(const Error& error) {
    if (error.code == ErrorCode::not_found || error.code == ErrorCode::invalid_argument) {
        return respond(api::message_refusal(404, "not found"));
    }
    return respond(message_from(error));
}

}  // namespace darkroom::gateway
