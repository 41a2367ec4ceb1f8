// SPDX-License-Identifier: Apache-2.0
#include "api/kept_answer.h"
#include "api/txt2img_response.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/submit_options.h"
#include "gateway/task_mode.h"

namespace darkroom::gateway {
namespace {

/// Puts what the kept answer repeats of the request into its task.
void keep_request(Order& order, const api::PictureRequest& request) {
    api::AskedFor asked{std::string(to_string(request.kind())), request.parameters};
    if (order.generation.init) {
        const domain::InitImages& init = *order.generation.init;
        asked.parameters.set(
            "init_images", json::Array(init.pictures.begin(), init.pictures.end()));
        asked.parameters.set("mask", init.mask.empty() ? json::Value() : json::Value(init.mask));
    }
    std::string& payload = order.submission.task.request;
    payload = api::add_asked(payload, asked);
}

}  // namespace

boost::asio::awaitable<http::Response> draw_pictures(
    Parts& parts, api::RequestKind kind, http::Request request) {
    auto parsed = api::parse_request(kind, request.body);
    if (!parsed) co_return respond(parsed.error());
    const Caller caller = caller_of(request);
    auto accepted = accept(parts, caller, *parsed);
    if (!accepted) co_return respond(accepted.error());
    const Result<TaskMode> mode = task_mode_of(request, accepted->task_name);
    if (!mode) co_return respond(api::refusal_from(mode.error()));
    accepted->task_name = mode->name;
    const Result<bool> is_dry = wants_dry_run(request);
    if (!is_dry) co_return respond(api::refusal_from(is_dry.error()));
    if (*is_dry) {
        const auto body = co_await dry_run(parts, accepted->generation);
        co_return body ? respond(json::Value(*body)) : respond(body.error());
    }

    Order order = make_order(caller, domain::TaskId::random(), *std::move(accepted), request.body);
    if (mode->keeps_answer) keep_request(order, *parsed);
    const Result<domain::Task> submitted = co_await submit(parts, std::move(order));
    if (!submitted) {
        http::Response refused =
            respond(api::refusal_from(submit_error(request, submitted.error())));
        add_retry_after(refused, parts, caller, submitted.error());
        co_return refused;
    }
    if (mode->is_async) co_return accepted_answer(parts, *submitted);
    // A client that goes away finds its picture under the same force_task_id.
    const Result<domain::Task> task =
        co_await parts.dispatcher.wait_until_final(submitted->id, runtime::Deadline::never());
    if (!task) co_return respond(api::refusal_from(task.error()));
    if (task->state != domain::TaskState::succeeded) {
        co_return respond(api::refusal_from(error_of(*task)));
    }

    const domain::Task& finished = *task;
    if (mode->keeps_answer) co_return answer_kept(parts, finished);
    Result<std::vector<std::string>> pictures = co_await read_pictures(parts, finished);
    if (!pictures) co_return respond(api::refusal_from(pictures.error()));
    Result<std::string> info = info_of(parts, *task, parsed->number("denoising_strength"));
    if (!info) co_return respond(api::refusal_from(info.error()));
    http::Response response = http::json_response(
        200, api::txt2img_response(*std::move(pictures), *parsed, *std::move(info)));
    name_task(response, finished);
    co_return response;
}

}  // namespace darkroom::gateway
