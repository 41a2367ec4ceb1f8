// SPDX-License-Identifier: Apache-2.0
// POST /txt2img and the checkpoints of the serverless Stable Diffusion API.

#include "api/serverless_models.h"
#include "api/serverless_request.h"
#include "api/serverless_task.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;

/// A request on its way to a task. Every answer to it names the task, once that has a name.
struct Order {
    std::string name;
    bool is_async = false;
    std::vector<std::string> unknown_fields;
};

http::Response answer(const Order& order, int status, json::Object body) {
    if (!order.unknown_fields.empty()) {
        body.set(
            "unknownFields", json::Array(order.unknown_fields.begin(), order.unknown_fields.end()));
    }
    http::Response response = http::json_response(status, json::dump(std::move(body)));
    if (!order.name.empty()) response.headers.set("taskId", order.name);
    return response;
}

http::Response answer(const Order& order, const api::Refusal& refusal) {
    return answer(order, refusal.status, refusal.body.as_object());
}

http::Response fail(const Order& order, const Error& error) {
    const api::Refusal refusal =
        api::failed_task_refusal(http_status(error.code), order.name, error.message);
    return answer(order, refusal);
}

/// The order and its submission, or the answer that refuses it.
api::Outcome<control::Submission> submission_of(
    Parts& parts, const http::Request& request, Order& order) {
    const Caller caller = caller_of(request);
    const domain::TaskId id = domain::TaskId::random();
    DARKROOM_TRY_ASSIGN(order.name, api::parse_task_name(request.headers.get("taskId")));
    const bool is_named = !order.name.empty();
    if (!is_named) order.name = id.text();
    order.is_async = http::equal_ignoring_case(request.headers.get("Request-Type"), "async");
    DARKROOM_TRY_ASSIGN(api::ServerlessTxt2img parsed, api::parse_serverless_txt2img(request.body));
    order.unknown_fields = std::move(parsed.unknown_fields);
    const std::vector<domain::ModelDescription> models = parts.models.models();
    DARKROOM_TRY_ASSIGN(const auto* model, api::serverless_model(models, parsed.checkpoint));
    api::draw_with(parsed.request, *model);
    parsed.request.parameters.set(
        "force_task_id", is_named ? json::Value(order.name) : json::Value());
    const auto accepted = accept(parts, caller, parsed.request);
    if (!accepted) return api::as_message(accepted.error());
    control::Submission submission = make_submission(caller, *accepted, request.body);
    submission.task.id = id;
    return submission;
}

awaitable<http::Response> serverless_txt2img(Parts& parts, http::Request request) {
    Order order;
    auto submission = submission_of(parts, request, order);
    if (!submission) co_return answer(order, submission.error());
    control::Submission accepted = *std::move(submission);
    const Result<domain::Task> submitted = co_await parts.dispatcher.submit(std::move(accepted));
    if (!submitted) {
        http::Response refused = fail(order, submitted.error());
        add_retry_after(refused, parts, caller_of(request), submitted.error());
        co_return refused;
    }
    if (order.is_async && !domain::is_final(submitted->state)) {
        const auto standing = standing_of(parts, submitted->id);
        co_return answer(order, 200, api::waiting_body(*submitted, standing));
    }
    // A client that goes away finds its result under the task's name.
    const Result<domain::Task> task =
        co_await parts.dispatcher.wait_until_final(submitted->id, runtime::Deadline::never());
    if (!task) co_return fail(order, task.error());
    if (task->state != domain::TaskState::succeeded) co_return fail(order, error_of(*task));
    const Result<api::TaskPictures> pictures = pictures_of(parts, *task, request);
    if (!pictures) co_return fail(order, pictures.error());
    co_return answer(order, 200, api::succeeded_body(*task, *pictures));
}

awaitable<http::Response> list_models(Parts& parts) {
    const auto models = co_await scan_models(parts);
    if (!models) co_return respond(message_from(models.error()));
    co_return respond(json::Value(api::serverless_models_body(*models)));
}

http::Response show_model(Parts& parts, const http::Request& request) {
    const std::vector<domain::ModelDescription> models = parts.models.models();
    const auto model = api::serverless_model(models, request.parameters.get("name"));
    if (!model) return respond(api::message_refusal(404, "not found"));
    return respond(json::Value(json::Array{api::serverless_model_body(**model)}));
}

}  // namespace

void add_serverless_routes(http::Router& router, Parts& parts) {
    router.add("POST", "/txt2img", [&parts](http::Request request) {
        return serverless_txt2img(parts, std::move(request));
    });
    router.add("GET", "/models", [&parts](const http::Request& /*request*/) {
        return list_models(parts);
    });
    router.add("GET", "/models/{name...}", http::immediate([&parts](const http::Request& request) {
                   return show_model(parts, request);
               }));
}

}  // namespace darkroom::gateway
