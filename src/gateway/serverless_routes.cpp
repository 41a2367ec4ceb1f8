// SPDX-License-Identifier: Apache-2.0
// POST /txt2img, POST /img2img and POST /extra_images of the serverless Stable Diffusion API.

#include "api/idempotency_key.h"
#include "api/serverless_request.h"
#include "api/serverless_task.h"
#include "base/format.h"
#include "gateway/extras.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/submit_options.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;

constexpr int kBadRequest = 400;

/// What answers to a request for a task say. They name the task, once that has a name.
struct Envelope {
    domain::TaskId id = domain::TaskId::random();
    /// The caller's own, or the id.
    std::string name;
    bool is_named = false;
    bool is_async = false;
    std::vector<std::string> unknown_fields;
    /// What would be drawn, where only that was asked.
    std::optional<domain::Generation> dry_run;
};

http::Response answer(const Envelope& envelope, int status, json::Object body) {
    if (!envelope.unknown_fields.empty()) {
        body.set(
            "unknownFields",
            json::Array(envelope.unknown_fields.begin(), envelope.unknown_fields.end()));
    }
    http::Response response = http::json_response(status, json::dump(std::move(body)));
    if (!envelope.name.empty()) response.headers.set("taskId", envelope.name);
    return response;
}

http::Response answer(const Envelope& envelope, const api::Refusal& refusal) {
    return answer(envelope, refusal.status, refusal.body.as_object());
}

http::Response fail(const Envelope& envelope, const Error& error) {
    if (is_refused_input(error)) {
        return answer(
            envelope, api::message_refusal(kBadRequest, error.field + ": " + error.message));
    }
    const api::Refusal refusal =
        api::failed_task_refusal(http_status(error.code), envelope.name, error.message);
    return answer(envelope, refusal);
}

/// The envelope that the headers ask for.
api::Outcome<Envelope> envelope_of(const http::Request& request) {
    Envelope envelope;
    DARKROOM_TRY_ASSIGN(envelope.name, api::parse_task_name(request.headers.get("taskId")));
    Result<std::string> name = submit_name(request, std::move(envelope.name));
    if (!name) return api::message_refusal(422, name.error().message);
    envelope.name = *std::move(name);
    envelope.is_named = !envelope.name.empty();
    if (!envelope.is_named) envelope.name = envelope.id.text();
    envelope.is_async = http::equal_ignoring_case(request.headers.get("Request-Type"), "async");
    return envelope;
}

/// The order, or the answer that refuses it.
api::Outcome<Order> order_of(
    Parts& parts, api::RequestKind kind, const http::Request& request, Envelope& envelope) {
    const Caller caller = caller_of(request);
    DARKROOM_TRY_ASSIGN(api::ServerlessRequest parsed, api::parse_serverless(kind, request.body));
    envelope.unknown_fields = std::move(parsed.unknown_fields);
    const std::vector<domain::ModelDescription> models = parts.models.models();
    DARKROOM_TRY_ASSIGN(const auto* model, api::serverless_model(models, parsed.checkpoint));
    api::draw_with(parsed.request, *model);
    parsed.request.parameters.set(
        "force_task_id", envelope.is_named ? json::Value(envelope.name) : json::Value());
    auto accepted = accept(parts, caller, parsed.request);
    if (!accepted) return api::as_message(accepted.error());
    const Result<bool> is_dry = wants_dry_run(request);
    if (!is_dry) return api::message_refusal(422, is_dry.error().message);
    if (*is_dry) envelope.dry_run = accepted->generation;
    return make_order(caller, envelope.id, *std::move(accepted), request.body);
}

/// The answer to a submit: at once, or when the task has ended.
awaitable<http::Response> follow(
    Parts& parts, http::Request request, Envelope envelope, Result<domain::Task> submitted) {
    if (!submitted) {
        const Error error = submit_error(request, submitted.error());
        if (error.field == api::kIdempotencyKey) {
            co_return answer(envelope, api::failed_task_refusal(422, envelope.name, error.message));
        }
        http::Response refused = fail(envelope, error);
        add_retry_after(refused, parts, caller_of(request), submitted.error());
        co_return refused;
    }
    if (envelope.is_async && !domain::is_final(submitted->state)) {
        const auto standing = standing_of(parts, submitted->id);
        co_return answer(envelope, 200, api::waiting_body(*submitted, standing));
    }
    // A client that goes away finds its result under the task's name.
    const Result<domain::Task> task =
        co_await parts.dispatcher.wait_until_final(submitted->id, runtime::Deadline::never());
    if (!task) co_return fail(envelope, task.error());
    if (task->state != domain::TaskState::succeeded) co_return fail(envelope, error_of(*task));
    const Result<api::TaskPictures> pictures = pictures_of(parts, *task, request);
    if (!pictures) co_return fail(envelope, pictures.error());
    co_return answer(envelope, 200, api::succeeded_body(*task, *pictures));
}

awaitable<http::Response> serverless_drawing(
    Parts& parts, api::RequestKind kind, http::Request request) {
    auto headers = envelope_of(request);
    if (!headers) co_return answer(Envelope{}, headers.error());
    Envelope envelope = *std::move(headers);
    auto accepted = order_of(parts, kind, request, envelope);
    if (!accepted) co_return answer(envelope, accepted.error());
    if (envelope.dry_run) {
        envelope.name.clear();
        const auto body = co_await dry_run(parts, *envelope.dry_run);
        co_return body ? answer(envelope, 200, *body)
                       : answer(envelope, api::as_message(body.error()));
    }
    Order order = *std::move(accepted);
    Result<domain::Task> submitted = co_await submit(parts, std::move(order));
    http::Response response =
        co_await follow(parts, std::move(request), std::move(envelope), std::move(submitted));
    co_return response;
}

/// A picture that is refused is 400 as in image to image, a size that is asked for 422.
http::Response refuse_extras(const Envelope& envelope, const Error& error) {
    if (is_refused_input(error)) return fail(envelope, error);
    return answer(envelope, api::as_message(api::refusal_from(error)));
}

awaitable<http::Response> extra_images(Parts& parts, http::Request request) {
    auto headers = envelope_of(request);
    if (!headers) co_return answer(Envelope{}, headers.error());
    Envelope envelope = *std::move(headers);
    auto parsed = api::parse_serverless_extras(request.body);
    if (!parsed) co_return answer(envelope, parsed.error());
    envelope.unknown_fields = parsed->unknown_fields;
    ExtrasOrder order;
    order.caller = caller_of(request);
    order.id = envelope.id;
    if (envelope.is_named) order.name = envelope.name;
    order.request = *std::move(parsed);
    order.request_text = request.body;
    const Result<bool> is_dry = wants_dry_run(request);
    if (!is_dry) co_return answer(envelope, api::message_refusal(422, is_dry.error().message));
    if (*is_dry) {
        envelope.name.clear();
        const Result<json::Object> body = co_await forecast_extras(parts, std::move(order));
        co_return body ? answer(envelope, 200, *body) : refuse_extras(envelope, body.error());
    }
    Result<domain::Task> submitted = co_await submit_extras(parts, std::move(order));
    if (!submitted && submitted.error().code == ErrorCode::invalid_argument) {
        co_return refuse_extras(envelope, submitted.error());
    }
    http::Response response =
        co_await follow(parts, std::move(request), std::move(envelope), std::move(submitted));
    co_return response;
}

}  // namespace

void add_serverless_routes(http::Router& router, Parts& parts) {
    for (const api::RequestKind kind : {api::RequestKind::txt2img, api::RequestKind::img2img}) {
        router.add("POST", format("/{}", to_string(kind)), [&parts, kind](http::Request request) {
            return serverless_drawing(parts, kind, std::move(request));
        });
    }
    router.add("POST", "/extra_images", [&parts](http::Request request) {
        return extra_images(parts, std::move(request));
    });
}

}  // namespace darkroom::gateway
