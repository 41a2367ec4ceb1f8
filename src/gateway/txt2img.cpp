// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_response.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/submit_options.h"

namespace darkroom::gateway {
boost::asio::awaitable<http::Response> draw_pictures(
    Parts& parts, api::RequestKind kind, http::Request request) {
    auto parsed = api::parse_request(kind, request.body);
    if (!parsed) co_return respond(parsed.error());
    const Caller caller = caller_of(request);
    auto accepted = accept(parts, caller, *parsed);
    if (!accepted) co_return respond(accepted.error());
    Result<std::string> name = submit_name(request, accepted->task_name);
    if (!name) co_return respond(api::refusal_from(name.error()));
    accepted->task_name = *std::move(name);
    const Result<bool> is_dry = wants_dry_run(request);
    if (!is_dry) co_return respond(api::refusal_from(is_dry.error()));
    if (*is_dry) {
        const auto body = co_await dry_run(parts, accepted->generation);
        co_return body ? respond(json::Value(*body)) : respond(body.error());
    }

    Order order = make_order(caller, domain::TaskId::random(), *std::move(accepted), request.body);
    const Result<domain::Task> submitted = co_await submit(parts, std::move(order));
    if (!submitted) {
        http::Response refused =
            respond(api::refusal_from(submit_error(request, submitted.error())));
        add_retry_after(refused, parts, caller, submitted.error());
        co_return refused;
    }
    // A client that goes away finds its picture under the same force_task_id.
    const Result<domain::Task> task =
        co_await parts.dispatcher.wait_until_final(submitted->id, runtime::Deadline::never());
    if (!task) co_return respond(api::refusal_from(task.error()));
    if (task->state != domain::TaskState::succeeded) {
        co_return respond(api::refusal_from(error_of(*task)));
    }

    const domain::Task& finished = *task;
    Result<std::vector<std::string>> pictures = co_await read_pictures(parts, finished);
    if (!pictures) co_return respond(api::refusal_from(pictures.error()));
    Result<std::string> info = info_of(parts, *task, parsed->number("denoising_strength"));
    if (!info) co_return respond(api::refusal_from(info.error()));
    co_return http::json_response(
        200, api::txt2img_response(*std::move(pictures), *parsed, *std::move(info)));
}

}  // namespace darkroom::gateway
