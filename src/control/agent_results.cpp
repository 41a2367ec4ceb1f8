// SPDX-License-Identifier: Apache-2.0
// The half of AgentService that takes results, failures and heartbeats.

#include "api/task_payload.h"
#include "base/format.h"
#include "control/agent_link.h"
#include "control/store_call.h"
#include "telemetry/log.h"
#include "telemetry/log_failure.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::TaskStore;

/// Stores the pictures under keys of this attempt, which end in TASK_1.png and so on as the
/// reference system's do, and names them in the result.
Result<std::string> store_pictures(
    storage::ObjectStore& objects, const std::string& tenant, const cluster::Done& done) {
    DARKROOM_TRY_ASSIGN(api::TaskResult result, api::decode_result(done.result));
    if (result.images.size() != done.image_bytes.size()) {
        return Error{ErrorCode::corrupt_input, "the agent's result does not match its pictures"};
    }
    std::span<const std::byte> rest(done.images);
    for (std::size_t i = 0; i < result.images.size(); ++i) {
        const std::string name = format("{}_{}.png", done.id.task, i + 1);
        const std::string text = format("{}/{}/{}/{}", tenant, done.id.task, done.id.attempt, name);
        DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(text));
        const auto size = static_cast<std::size_t>(done.image_bytes[i]);
        DARKROOM_TRY(objects.put(key, rest.first(size)));
        rest = rest.subspan(size);
        result.images[i] = key.text();
    }
    return api::encode_result(result);
}

/// As log::failure, with the task.
void tell(
    log::Level level, std::string_view message, const domain::Task& task, const Error& error) {
    if (error.code == ErrorCode::cancelled) return;
    log::write(
        level,
        message,
        {{"task", task.id.text()}, {"trace", trace_id_of(task.trace)}, {"reason", error.message}});
}

}  // namespace

boost::asio::awaitable<void> AgentService::finish(std::shared_ptr<Link> link, cluster::Done done) {
    const cluster::AttemptId attempt = done.id;
    const double device_s = forget(*link, attempt).device_s;
    const Result<domain::TaskId> id = domain::TaskId::parse(attempt.task);
    if (!id) co_return;
    Result<domain::Task> task =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::get, *id);
    if (!task) co_return;
    domain::LeaseToken token{*id, attempt.attempt, link->agent_id};
    // Ended in the meantime: nobody would ever ask for these pictures.
    if (!domain::holds(*task, token)) co_return;
    if (task->cancel_requested) {
        const Result<void> ended = co_await parts_.dispatcher.end_cancelled(std::move(token));
        if (!ended) tell(log::Level::error, "a task cannot be ended", *task, ended.error());
        co_return;
    }
    const std::int64_t drawn_ms = parts_.clock.wall_ms();
    const std::int64_t started_ms = task->started_ms.value_or(drawn_ms);
    parts_.metrics.observe(TaskPhase::drawn, static_cast<double>(drawn_ms - started_ms) / 1'000.0);
    const auto pictures = static_cast<std::int64_t>(done.image_bytes.size());
    const auto delivered = std::make_shared<cluster::Done>(std::move(done));
    std::function<Result<std::string>()> work =
        [&objects = parts_.objects, delivered, tenant = task->tenant] {
            return store_pictures(objects, tenant, *delivered);
        };
    const Result<std::string> stored =
        co_await parts_.blocking.run<std::string>(std::move(work), Deadline::never());
    if (!stored) {
        tell(log::Level::error, "pictures cannot be stored", *task, stored.error());
        // Drawing it again would meet the same full disk.
        const bool is_retryable = stored.error().code != ErrorCode::insufficient_storage;
        storage::FailedAttempt failed{token, {stored.error(), is_retryable}};
        const Result<domain::FailOutcome> ended =
            co_await store_call(parts_.dispatcher.store(), &TaskStore::fail, std::move(failed));
        const bool requeued = ended && *ended == domain::FailOutcome::requeued;
        if (requeued) {
            parts_.dispatcher.task_put_back(*id);
            parts_.dispatcher.wake_agents();
        } else {
            parts_.dispatcher.task_ended(*id);
        }
        co_return;
    }
    parts_.metrics.observe(
        TaskPhase::stored, static_cast<double>(parts_.clock.wall_ms() - drawn_ms) / 1'000.0);
    const auto result_bytes = static_cast<std::int64_t>(delivered->images.size());
    const double taught_s = is_interrupted(*id) ? 0.0 : device_s;
    storage::FinishedAttempt finished{std::move(token), *stored, result_bytes, taught_s};
    const Result<domain::CompleteOutcome> outcome =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::complete, std::move(finished));
    if (!outcome) {
        tell(log::Level::error, "a result cannot be committed", *task, outcome.error());
        co_return;
    }
    if (*outcome == domain::CompleteOutcome::completed) {
        parts_.dispatcher.scheduler().drawn(*id, taught_s);
        log::debug(
            "task finished",
            {{"task", attempt.task},
             {"trace", trace_id_of(task->trace)},
             {"attempt", attempt.attempt},
             {"pictures", pictures},
             {"device_seconds", device_s}});
    }
    if (*outcome != domain::CompleteOutcome::stale) parts_.dispatcher.task_ended(*id);
    if (*outcome == domain::CompleteOutcome::completed) {
        const domain::FunctionUsage usage{1, pictures, 0};
        co_await count(task->model, usage);
    }
    if (*outcome != domain::CompleteOutcome::completed) {
        domain::Task unwanted = *std::move(task);
        co_await remove_pictures(std::move(unwanted), attempt);
    }
}

/// One that somebody stopped early says nothing of what such a task takes.
bool AgentService::is_interrupted(const domain::TaskId& id) {
    const std::optional<LiveTask> live = parts_.dispatcher.progress().find(id);
    return !live || live->is_interrupted;
}

/// Takes back what was stored for an attempt whose result was not wanted any more.
boost::asio::awaitable<void> AgentService::remove_pictures(
    domain::Task task, cluster::AttemptId id) {
    const Result<storage::ObjectKey> folder =
        storage::ObjectKey::parse(format("{}/{}/{}", task.tenant, id.task, id.attempt));
    if (!folder) co_return;
    std::function<Result<std::uint64_t>()> work = [&objects = parts_.objects, key = *folder] {
        return objects.remove(key);
    };
    const Result<std::uint64_t> removed =
        co_await parts_.blocking.run<std::uint64_t>(std::move(work), Deadline::never());
    if (!removed) {
        tell(log::Level::warning, "pictures cannot be removed", task, removed.error());
    }
}

boost::asio::awaitable<void> AgentService::reject(
    std::shared_ptr<Link> link, cluster::Failed failed) {
    std::string model = forget(*link, failed.id).model;
    const Result<domain::TaskId> id = domain::TaskId::parse(failed.id.task);
    if (!id) co_return;
    const std::string trace = parts_.dispatcher.trace_id(*id);
    log::info(
        "task failed",
        {{"task", failed.id.task}, {"trace", trace}, {"reason", failed.error.message}});
    domain::LeaseToken token{*id, failed.id.attempt, link->agent_id};
    storage::FailedAttempt attempt{
        std::move(token), {std::move(failed.error), failed.is_retryable}};
    const Result<domain::FailOutcome> outcome =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::fail, std::move(attempt));
    if (!outcome || *outcome == domain::FailOutcome::stale) co_return;
    if (*outcome == domain::FailOutcome::requeued) {
        parts_.dispatcher.task_put_back(*id);
        parts_.dispatcher.wake_agents();
    } else {
        parts_.dispatcher.task_ended(*id);
    }
    const domain::FunctionUsage usage{1, 0, 1};
    co_await count(std::move(model), usage);
}

/// Adds to the counters of the function that a task was for.
boost::asio::awaitable<void> AgentService::count(std::string model, domain::FunctionUsage usage) {
    std::string checkpoint = checkpoint_of(model);
    if (checkpoint.empty()) co_return;
    const Result<void> counted = co_await parts_.functions.count(std::move(checkpoint), usage);
    if (!counted) log::failure(log::Level::warning, "a use is not counted", counted.error());
}

boost::asio::awaitable<void> AgentService::renew(
    std::shared_ptr<Link> link, cluster::AgentHeartbeat heartbeat) {
    storage::Heartbeat request;
    request.agent = link->agent_id;
    for (const cluster::AttemptId& held : heartbeat.held) {
        const Result<domain::TaskId> id = domain::TaskId::parse(held.task);
        if (id) request.tasks.push_back({*id, held.attempt});
    }
    const std::vector<storage::HeldTask> asked = request.tasks;
    const Result<std::vector<storage::HeartbeatReply>> replies =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::heartbeat, std::move(request));
    if (!replies) co_return;
    cluster::Drop drop;
    for (std::size_t i = 0; i < replies->size(); ++i) {
        const domain::LeaseStatus status = (*replies)[i].status;
        if (status == domain::LeaseStatus::held) continue;
        drop.ids.push_back({asked[i].id.text(), asked[i].attempt});
        if (status != domain::LeaseStatus::cancel_requested) continue;
        domain::LeaseToken token{asked[i].id, asked[i].attempt, link->agent_id};
        const Result<void> ended = co_await parts_.dispatcher.end_cancelled(std::move(token));
        // Its lease runs out then.
        if (ended || ended.error().code == ErrorCode::cancelled) continue;
        const std::string trace = parts_.dispatcher.trace_id(asked[i].id);
        log::error(
            "a task cannot be ended",
            {{"task", asked[i].id.text()}, {"trace", trace}, {"reason", ended.error().message}});
    }
    if (!drop.ids.empty()) link->post(std::move(drop));
}

}  // namespace darkroom::control
