// SPDX-License-Identifier: Apache-2.0
#include "gateway/extras.h"

#include <memory>

#include "api/dry_run.h"
#include "api/extras_payload.h"
#include "api/kept_answer.h"
#include "base/sha256.h"
#include "gateway/generation.h"
#include "gateway/named_pictures.h"
#include "gateway/routes.h"
#include "gateway/submit_options.h"
#include "gateway/task_inputs.h"
#include "gateway/task_mode.h"
#include "scheduling/cost_model.h"

namespace darkroom::gateway {
namespace {

/// A pixel of a result costs this share of one that goes through the network.
constexpr std::int64_t kPixelsPerDrawn = 32;

/// What results of so many pixels take.
scheduling::Work work_of_results(std::int64_t pixels) {
    scheduling::Work work;
    work.steps = 1;
    work.pixels = pixels / kPixelsPerDrawn;
    return work;
}

/// The submission with what it will take, once its pictures are stored.
Result<control::Submission> store(
    Parts& parts, const api::ExtrasRequest& request, control::Submission submission) {
    DARKROOM_TRY_ASSIGN(
        const std::int64_t pixels, store_inputs(parts.objects, submission.task, request));
    submission.work = work_of_results(pixels);
    return submission;
}

/// The request with the pictures that it names by URL.
runtime::Task<api::ExtrasRequest> fetched(
    Parts& parts, std::string tenant, api::ExtrasRequest request) {
    std::vector<ImageText> texts;
    for (std::string& image : request.images)
        texts.push_back({request.image_field, &image});
    DARKROOM_CO_TRY(co_await bring_pictures(parts, std::move(tenant), std::move(texts)));
    co_return request;
}

using ParseExtras = api::Outcome<api::ExtrasRequest> (*)(std::string_view);

/// The order, or the answer that refuses it.
api::Outcome<ExtrasOrder> order_of(
    const http::Request& request, ParseExtras parse, const TaskMode& mode) {
    ExtrasOrder order;
    DARKROOM_TRY_ASSIGN(order.request, parse(request.body));
    order.caller = caller_of(request);
    order.name = mode.name;
    order.request_text = request.body;
    if (mode.keeps_answer) {
        order.kept_route =
            parse == api::parse_extra_batch ? api::kExtraBatchRoute : api::kExtraSingleRoute;
    }
    return order;
}

/// A1111's answer to a task that has ended.
boost::asio::awaitable<http::Response> answer_ended(
    Parts& parts, std::string route, domain::Task task) {
    if (task.state != domain::TaskState::succeeded) {
        co_return respond(api::refusal_from(error_of(task)));
    }
    const Result<domain::Extras> extras = api::decode_extras(task.request);
    if (!extras) co_return respond(api::refusal_from(extras.error()));
    Result<std::vector<std::string>> pictures = co_await read_pictures(parts, task);
    if (!pictures) co_return respond(api::refusal_from(pictures.error()));
    co_return respond(json::Value(api::extras_answer(route, *extras, *std::move(pictures))));
}

boost::asio::awaitable<http::Response> serve_extras(
    Parts& parts, ParseExtras parse, http::Request request) {
    const Result<TaskMode> mode = task_mode_of(request);
    if (!mode) co_return respond(api::refusal_from(mode.error()));
    auto accepted = order_of(request, parse, *mode);
    if (!accepted) co_return respond(accepted.error());
    ExtrasOrder order = *std::move(accepted);
    const Result<bool> is_dry = wants_dry_run(request);
    if (!is_dry) co_return respond(api::refusal_from(is_dry.error()));
    if (*is_dry) {
        const Result<json::Object> body = co_await forecast_extras(parts, std::move(order));
        co_return body ? respond(json::Value(*body)) : respond(api::refusal_from(body.error()));
    }
    const Result<domain::Task> submitted = co_await submit_extras(parts, std::move(order));
    if (!submitted) {
        http::Response refused =
            respond(api::refusal_from(submit_error(request, submitted.error())));
        add_retry_after(refused, parts, caller_of(request), submitted.error());
        co_return refused;
    }
    if (mode->is_async) co_return accepted_answer(parts, *submitted);
    const Result<domain::Task> ended =
        co_await parts.dispatcher.wait_until_final(submitted->id, runtime::Deadline::never());
    if (!ended) co_return respond(api::refusal_from(ended.error()));
    if (mode->keeps_answer && ended->state == domain::TaskState::succeeded) {
        co_return answer_kept(parts, *ended);
    }
    std::string route =
        parse == api::parse_extra_batch ? api::kExtraBatchRoute : api::kExtraSingleRoute;
    domain::Task task = *ended;
    http::Response response = co_await answer_ended(parts, std::move(route), std::move(task));
    name_task(response, *ended);
    co_return response;
}

}  // namespace

runtime::Task<domain::Task> submit_extras(Parts& parts, ExtrasOrder order) {
    control::Submission submission;
    submission.batch_size = static_cast<std::int64_t>(order.request.images.size());
    domain::NewTask& task = submission.task;
    task.id = order.id;
    task.tenant = order.caller.tenant;
    task.trace = order.caller.trace;
    task.kind = domain::kExtrasKind;
    name_inputs(order.request.extras, task, order.request.images.size());
    task.request = api::encode_extras(order.request.extras);
    if (!order.kept_route.empty()) task.request = api::add_asked(task.request, {order.kept_route});
    task.body_hash = sha256_hex(order.request_text);
    task.idempotency_key = order.name;
    domain::NewTask wanted = task;
    DARKROOM_CO_TRY_ASSIGN(
        api::ExtrasRequest request, co_await fetched(parts, task.tenant, std::move(order.request)));
    const auto sent = std::make_shared<const api::ExtrasRequest>(std::move(request));
    SubmissionWork work = [&parts, sent, submission] { return store(parts, *sent, submission); };
    Result<domain::Task> submitted =
        co_await submit_stored(parts, std::move(wanted), std::move(work));
    co_return submitted;
}

runtime::Task<json::Object> forecast_extras(Parts& parts, ExtrasOrder order) {
    DARKROOM_CO_TRY_ASSIGN(
        order.request, co_await fetched(parts, order.caller.tenant, std::move(order.request)));
    const auto wanted = std::make_shared<const ExtrasOrder>(std::move(order));
    std::function<Result<std::int64_t>()> work = [&parts, wanted] {
        return judge_inputs(parts.objects, wanted->caller.tenant, wanted->request);
    };
    const Result<std::int64_t> pixels =
        co_await parts.blocking.run<std::int64_t>(std::move(work), runtime::Deadline::never());
    if (!pixels) co_return pixels.error();
    scheduling::Work drawn = work_of_results(*pixels);
    drawn.function = domain::kExtrasKind;
    const scheduling::CostModel costs(parts.dispatcher.scheduler().costs());
    const auto pictures = static_cast<std::int64_t>(wanted->request.images.size());
    co_return api::dry_run_body(api::ExtrasForecast{pictures, *pixels, costs.predict(drawn)});
}

boost::asio::awaitable<http::Response> extra_single_image(Parts& parts, http::Request request) {
    return serve_extras(parts, api::parse_extra_single, std::move(request));
}

boost::asio::awaitable<http::Response> extra_batch_images(Parts& parts, http::Request request) {
    return serve_extras(parts, api::parse_extra_batch, std::move(request));
}

}  // namespace darkroom::gateway
