// SPDX-License-Identifier: Apache-2.0
// Server-sent events of one task and of all of the caller's tasks.

#include <algorithm>
#include <charconv>
#include <limits>

#include "api/serverless_request.h"
#include "control/store_call.h"
#include "gateway/caller.h"
#include "gateway/event_stream.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using storage::TaskStore;

/// The last event that the client has seen: the header that an EventSource sends when it connects
/// again, else ?after=. Nothing when it has seen none.
api::Outcome<std::optional<std::int64_t>> last_seen(const http::Request& request) {
    const std::string* query = request.location.query.find("after");
    std::string_view text = request.headers.get("Last-Event-ID");
    if (text.empty() && query != nullptr) text = *query;
    if (text.empty()) return std::optional<std::int64_t>();
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < 0) {
        return api::message_refusal(422, "Last-Event-ID, after: the id of an event");
    }
    return std::optional<std::int64_t>(number);
}

http::Response stream_of(const http::Request& request, std::shared_ptr<EventStream> stream) {
    http::Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    // A proxy in front must pass each event on at once.
    response.headers.set("X-Accel-Buffering", "no");
    const StreamEnds ends{request.client_gone, request.draining};
    response.stream = [stream = std::move(stream), ends](http::BodyWriter& writer) {
        return stream->run(ends, writer);
    };
    return response;
}

runtime::Task<storage::EventPage> read_log(Parts& parts, storage::EventFilter filter) {
    Result<storage::EventPage> page = co_await control::store_call(
        parts.dispatcher.store(), &TaskStore::events, std::move(filter));
    co_return page;
}

awaitable<http::Response> task_events(Parts& parts, http::Request request) {
    const Result<domain::Task> task = co_await find_task(parts, request);
    if (!task) co_return not_found_or(task.error());
    const auto seen = last_seen(request);
    if (!seen) co_return respond(seen.error());
    const std::int64_t after = seen->value_or(0);
    if (domain::is_final(task->state)) {
        storage::EventFilter filter{task->tenant, task->id, after, 1};
        const Result<storage::EventPage> rest = co_await read_log(parts, std::move(filter));
        if (!rest) co_return respond(message_from(rest.error()));
        if (rest->events.empty()) {
            // Tells an EventSource not to come back.
            http::Response nothing;
            nothing.status = 204;
            co_return nothing;
        }
    }
    auto watch = parts.events.open({task->tenant, task->id});
    if (!watch) co_return respond(message_from(watch.error()));
    Listener listener{caller_of(request).grant, after};
    co_return stream_of(
        request, std::make_shared<EventStream>(parts, *std::move(watch), std::move(listener)));
}

awaitable<http::Response> tenant_events(Parts& parts, http::Request request) {
    const auto seen = last_seen(request);
    if (!seen) co_return respond(seen.error());
    auto watch = parts.events.open({caller_of(request).tenant});
    if (!watch) co_return respond(message_from(watch.error()));
    // A client that has seen nothing begins now; one that has seen the future saw another log.
    storage::EventFilter end_of_log;
    end_of_log.after = std::numeric_limits<std::int64_t>::max();
    const Result<storage::EventPage> page = co_await read_log(parts, std::move(end_of_log));
    if (!page) co_return respond(message_from(page.error()));
    const std::int64_t after = std::min(seen->value_or(page->newest), page->newest);
    Listener listener{caller_of(request).grant, after};
    co_return stream_of(
        request, std::make_shared<EventStream>(parts, *std::move(watch), std::move(listener)));
}

}  // namespace

void add_event_routes(http::Router& router, Parts& parts) {
    router.add("GET", "/tasks/{taskId}/events", [&parts](http::Request request) {
        return task_events(parts, std::move(request));
    });
    router.add("GET", "/events", [&parts](http::Request request) {
        return tenant_events(parts, std::move(request));
    });
}

}  // namespace darkroom::gateway
