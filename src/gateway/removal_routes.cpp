// SPDX-License-Identifier: Apache-2.0
#include "base/format.h"
#include "control/store_call.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"
#include "telemetry/log.h"

namespace darkroom::gateway {
namespace {

/// What a task stored, of all its attempts. Nothing refers to it any more, so a failure costs only
/// room.
boost::asio::awaitable<void> remove_pictures(Parts& parts, domain::Task task) {
    const Result<storage::ObjectKey> folder =
        storage::ObjectKey::parse(format("{}/{}", task.tenant, task.id.text()));
    if (!folder) co_return;
    std::function<Result<std::uint64_t>()> work = [&objects = parts.objects, key = *folder] {
        return objects.remove(key);
    };
    const Result<std::uint64_t> removed =
        co_await parts.blocking.run<std::uint64_t>(std::move(work), runtime::Deadline::never());
    if (removed) co_return;
    log::warning(
        "pictures of a removed task cannot be removed",
        {{"task", task.id.text()},
         {"trace", trace_id_of(task.trace)},
         {"reason", removed.error().message}});
}

boost::asio::awaitable<http::Response> remove_task(Parts& parts, http::Request request) {
    Result<domain::Task> task = co_await find_task(parts, request);
    if (!task) co_return not_found_or(task.error());
    // The row first: a crash in between leaves pictures that no row names, never the reverse.
    const Result<void> removed = co_await control::store_call(
        parts.dispatcher.store(), &storage::TaskStore::remove, task->id);
    if (!removed) co_return not_found_or(removed.error());
    domain::Task gone = *std::move(task);
    co_await remove_pictures(parts, std::move(gone));
    co_return respond(json::Value(json::Object{{"message", "success"}}));
}

}  // namespace

void add_removal_routes(http::Router& router, Parts& parts) {
    router.add("DELETE", "/tasks/{taskId}", [&parts](http::Request request) {
        return remove_task(parts, std::move(request));
    });
}

}  // namespace darkroom::gateway
