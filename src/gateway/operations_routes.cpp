// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <map>

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

constexpr auto kDiskPatience = std::chrono::seconds(2);
constexpr const char* kLittleRoom = "the disk of the data folder is nearly full";

/// Fails with deadline_exceeded when the disk does not answer.
runtime::Task<DiskSpace> disk_space(Parts& parts) {
    std::function<Result<DiskSpace>()> work = parts.disk_space;
    const runtime::Deadline deadline = runtime::Deadline::after(kDiskPatience);
    Result<DiskSpace> space = co_await parts.blocking.run<DiskSpace>(std::move(work), deadline);
    co_return space;
}

/// What is wrong with the disk; empty when nothing is.
std::string disk_problem(const Parts& parts, const Result<DiskSpace>& space) {
    if (!space) return "the disk of the data folder does not answer: " + space.error().message;
    return space->free_bytes < parts.minimum_free_bytes ? kLittleRoom : "";
}

awaitable<http::Response> healthz(Parts& parts) {
    const Result<DiskSpace> space = co_await disk_space(parts);
    const std::string reason = disk_problem(parts, space);
    json::Object body{
        {"service", "darkroom"},
        {"version", parts.version},
        {"status", reason.empty() ? "ok" : "degraded"}};
    if (!reason.empty()) body.append("reason", reason);
    if (space) body.append("free_bytes", space->free_bytes);
    co_return respond(json::Value(std::move(body)));
}

awaitable<http::Response> readyz(Parts& parts) {
    const Result<DiskSpace> space = co_await disk_space(parts);
    std::string reason = disk_problem(parts, space);
    if (parts.dispatcher.is_draining())
        reason = "the server is shutting down";
    else if (!parts.has_agent())
        reason = "no agent is connected yet";
    else if (parts.models.models().empty())
        reason = "the models folder holds no checkpoint";
    if (reason.empty()) co_return respond(json::Object{{"status", "ready"}});
    co_return http::json_response(
        503, json::dump(json::Object{{"status", "not ready"}, {"reason", reason}}));
}

/// How long each checkpoint's queue is, and how old.
void set_backlog(Parts& parts, const std::vector<storage::BacklogEntry>& backlog) {
    struct Queue {
        std::int64_t tasks = 0;
        std::int64_t oldest_ms = 0;
    };
    const std::int64_t now = parts.clock.wall_ms();
    std::map<std::string, Queue> queues;
    for (const domain::ModelDescription& model : parts.models.models())
        queues[model.name].oldest_ms = now;
    for (const storage::BacklogEntry& entry : backlog) {
        const auto [place, is_new] = queues.try_emplace(entry.model, Queue{0, now});
        place->second.tasks += entry.tasks;
        place->second.oldest_ms = std::min(place->second.oldest_ms, entry.oldest_ms);
    }
    for (const auto& [model, queue] : queues) {
        const double age_s = static_cast<double>(now - queue.oldest_ms) / 1'000.0;
        parts.metrics
            .gauge("darkroom_queue_tasks", "Tasks that wait, by checkpoint", {{"model", model}})
            .set(static_cast<double>(queue.tasks));
        parts.metrics
            .gauge(
                "darkroom_queue_oldest_seconds",
                "Age of the task that waits longest, by checkpoint; 0 when none waits",
                {{"model", model}})
            .set(age_s);
    }
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
    const Result<std::vector<storage::BacklogEntry>> backlog =
        co_await control::store_call(parts.dispatcher.store(), &storage::TaskStore::backlog);
    if (backlog) set_backlog(parts, *backlog);
    if (parts.collect) parts.collect();
    const Result<DiskSpace> space = co_await disk_space(parts);
    if (space) {
        parts.metrics.gauge("darkroom_disk_free_bytes", "Room on the disk of the data folder")
            .set(static_cast<double>(space->free_bytes));
    }
    http::Response response = http::text_response(200, parts.metrics.text());
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return response;
}

}  // namespace

void add_operations_routes(http::Router& router, Parts& parts) {
    router.add(
        "GET", "/healthz", [&parts](const http::Request& /*request*/) { return healthz(parts); });
    router.add(
        "GET", "/readyz", [&parts](const http::Request& /*request*/) { return readyz(parts); });
    router.add(
        "GET", "/metrics", [&parts](const http::Request& /*request*/) { return metrics(parts); });
}

}  // namespace darkroom::gateway
