// SPDX-License-Identifier: Apache-2.0
// Tasks of the serverless Stable Diffusion API: result, progress, cancel, list; and their pictures.

#include <algorithm>
#include <charconv>

#include "api/extras_payload.h"
#include "api/extras_request.h"
#include "api/serverless_request.h"
#include "api/serverless_task.h"
#include "api/task_payload.h"
#include "control/store_call.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/task_mode.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using storage::TaskStore;

constexpr std::int32_t kDefaultPage = 100;
constexpr std::int32_t kLongestPage = 1000;

Result<json::Object> finished_extras_body(
    const domain::Task& task, const api::TaskPictures& pictures) {
    DARKROOM_TRY_ASSIGN(const domain::Extras extras, api::decode_extras(task.request));
    api::TaskDetails details;
    details.info = json::Object{{"html_info", api::html_info(extras)}};
    details.parameters = json::Object();
    return api::result_body(task, pictures, std::move(details));
}

/// Of a task that keeps an answer of A1111's API.
Result<json::Object> kept_body(
    const Parts& parts, const domain::Task& task, const api::TaskPictures& pictures) {
    api::TaskDetails details;
    DARKROOM_TRY_ASSIGN(details.info, kept_answer(parts, task));
    details.parameters = json::Object();
    return api::result_body(task, pictures, std::move(details));
}

Result<json::Object> finished_body(
    const Parts& parts, const domain::Task& task, const http::Request& request) {
    if (task.kind == domain::kCallKind) return kept_body(parts, task, {});
    DARKROOM_TRY_ASSIGN(const api::TaskPictures pictures, pictures_of(parts, task, request));
    if (keeps_answer(task)) return kept_body(parts, task, pictures);
    if (task.kind == domain::kExtrasKind) return finished_extras_body(task, pictures);
    DARKROOM_TRY_ASSIGN(const std::string info, info_of(parts, task));
    DARKROOM_TRY_ASSIGN(const domain::Generation generation, api::decode_generation(task.request));
    api::TaskDetails details;
    DARKROOM_TRY_ASSIGN(details.info, json::parse(info));
    details.parameters = api::generation_parameters(generation);
    return api::result_body(task, pictures, std::move(details));
}

awaitable<http::Response> show_result(Parts& parts, http::Request request) {
    const Result<domain::Task> task = co_await find_task(parts, request);
    if (!task) co_return not_found_or(task.error());
    if (task->state != domain::TaskState::succeeded) {
        const auto standing = standing_of(parts, task->id);
        co_return respond(json::Value(api::result_body(*task, standing)));
    }
    Result<json::Object> body = finished_body(parts, *task, request);
    if (!body) co_return respond(message_from(body.error()));
    co_return respond(json::Value(*std::move(body)));
}

awaitable<http::Response> show_progress(Parts& parts, http::Request request) {
    Result<domain::Task> task = co_await find_task(parts, request);
    if (!task) co_return not_found_or(task.error());
    std::optional<api::JobProgress> job;
    std::optional<api::QueueStanding> standing;
    if (const auto live = parts.dispatcher.progress().find(task->id)) {
        job = job_progress(*live, parts.dispatcher.scheduler().place(task->id));
        standing = standing_of(parts, task->id);
    } else if (!domain::is_final(task->state)) {
        // It has ended since the row was read.
        task = co_await find_task(parts, request);
        if (!task) co_return not_found_or(task.error());
    }
    co_return respond(json::Value(api::task_progress_body(*task, job, standing)));
}

awaitable<http::Response> cancel(Parts& parts, http::Request request) {
    const Result<domain::Task> task = co_await find_task(parts, request);
    if (!task) co_return not_found_or(task.error());
    const Result<domain::CancelOutcome> outcome = co_await parts.dispatcher.cancel(task->id);
    if (!outcome) co_return not_found_or(outcome.error());
    if (*outcome == domain::CancelOutcome::already_final) {
        co_return respond(api::message_refusal(409, "the task has already ended"));
    }
    co_return respond(json::Value(json::Object{{"message", "success"}}));
}

/// The states that a word of the API stands for; also the exact word of one state.
std::vector<domain::TaskState> states_of(std::string_view word) {
    std::vector<domain::TaskState> states;
    for (const domain::TaskState state : domain::kTaskStates) {
        if (api::serverless_status(state) == word || domain::to_string(state) == word) {
            states.push_back(state);
        }
    }
    return states;
}

api::Outcome<storage::TaskFilter> filter_of(const http::Request& request) {
    storage::TaskFilter filter;
    filter.tenant = caller_of(request).tenant;
    filter.limit = kDefaultPage;
    const http::Parameters& query = request.location.query;
    if (const std::string* word = query.find("status")) {
        filter.states = states_of(*word);
        if (filter.states.empty()) return api::message_refusal(422, "status: no such status");
    }
    if (const std::string* text = query.find("limit")) {
        const auto parsed =
            std::from_chars(text->data(), text->data() + text->size(), filter.limit);
        const bool is_number =
            parsed.ec == std::errc() && parsed.ptr == text->data() + text->size();
        if (!is_number || filter.limit < 1 || filter.limit > kLongestPage) {
            return api::message_refusal(422, "limit: a number from 1 to 1000");
        }
    }
    if (const std::string* text = query.find("before")) {
        const Result<domain::TaskId> id = domain::TaskId::parse(*text);
        if (!id) return api::message_refusal(422, "before: the `next` of another page");
        filter.before = *id;
    }
    return filter;
}

awaitable<http::Response> list_tasks(Parts& parts, http::Request request) {
    auto filter = filter_of(request);
    if (!filter) co_return respond(filter.error());
    const auto limit = static_cast<std::size_t>(filter->limit);
    storage::TaskFilter wanted = *std::move(filter);
    const Result<std::vector<domain::Task>> page =
        co_await control::store_call(parts.dispatcher.store(), &TaskStore::list, std::move(wanted));
    if (!page) co_return respond(message_from(page.error()));
    co_return respond(json::Value(api::task_list_body(*page, page->size() < limit)));
}

awaitable<http::Response> show_picture(Parts& parts, http::Request request) {
    const auto key = storage::ObjectKey::parse(request.parameters.get("key"));
    if (!key) co_return respond(api::message_refusal(404, "not found"));
    const Result<void> allowed = parts.urls.check(*key, request.location.query);
    if (!allowed) co_return respond(message_from(allowed.error()));
    using Bytes = std::vector<std::byte>;
    std::function<Result<Bytes>()> work = [&parts, wanted = *key] {
        return parts.objects.get(wanted);
    };
    const Result<Bytes> bytes =
        co_await parts.blocking.run<Bytes>(std::move(work), runtime::Deadline::never());
    if (!bytes) co_return not_found_or(bytes.error());
    http::Response response;
    response.headers.set("Content-Type", "image/png");
    response.headers.set("Cache-Control", "private, max-age=3600");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body.assign(
        static_cast<const char*>(static_cast<const void*>(bytes->data())), bytes->size());
    co_return response;
}

}  // namespace

void add_task_routes(http::Router& router, Parts& parts) {
    const auto add = [&](const char* method, const char* pattern, auto handler) {
        router.add(method, pattern, [&parts, handler](http::Request request) {
            return handler(parts, std::move(request));
        });
    };
    add("GET", "/tasks", list_tasks);
    add("GET", "/tasks/{taskId}/result", show_result);
    add("GET", "/tasks/{taskId}/progress", show_progress);
    add("POST", "/tasks/{taskId}/cancellation", cancel);
    add("GET", "/images/{key...}", show_picture);
}

}  // namespace darkroom::gateway
