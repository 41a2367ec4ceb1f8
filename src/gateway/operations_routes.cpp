// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "control/store_call.h"
#include "gateway/routes.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using domain::TaskState;

constexpr std::array kStates = {
    TaskState::queued,
    TaskState::leased,
    TaskState::running,
    TaskState::uploading,
    TaskState::succeeded,
    TaskState::failed,
    TaskState::cancelled,
    TaskState::expired,
    TaskState::dead};

http::Response healthz(const Parts& parts) {
    return respond(
        json::Object{{"service", "darkroom"}, {"version", parts.version}, {"status", "ok"}});
}

http::Response readyz(Parts& parts) {
    std::string reason;
    if (parts.dispatcher.is_draining())
        reason = "the server is shutting down";
    else if (!parts.has_agent())
        reason = "no agent is connected yet";
    else if (parts.models.models().empty())
        reason = "the models folder holds no checkpoint";
    if (reason.empty()) return respond(json::Object{{"status", "ready"}});
    return http::json_response(
        503, json::dump(json::Object{{"status", "not ready"}, {"reason", reason}}));
}

awaitable<http::Response> metrics(Parts& parts) {
    storage::CountFilter everything;
    const Result<storage::TaskCounts> counts = co_await control::store_call(
        parts.dispatcher.store(), &storage::TaskStore::count, std::move(everything));
    if (counts) {
        for (const TaskState state : kStates) {
            const auto found = counts->find(state);
            const double count = found == counts->end() ? 0.0 : static_cast<double>(found->second);
            parts.metrics
                .gauge(
                    "darkroom_tasks",
                    "Tasks by state",
                    {{"state", std::string(domain::to_string(state))}})
                .set(count);
        }
    }
    http::Response response = http::text_response(200, parts.metrics.text());
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return response;
}

}  // namespace

void add_operations_routes(http::Router& router, Parts& parts) {
    router.add("GET", "/healthz", http::immediate([&parts](const http::Request&) {
                   return healthz(parts);
               }));
    router.add("GET", "/readyz", http::immediate([&parts](const http::Request&) {
                   return readyz(parts);
               }));
    router.add(
        "GET", "/metrics", [&parts](const http::Request& /*request*/) { return metrics(parts); });
}

}  // namespace darkroom::gateway
