// SPDX-License-Identifier: Apache-2.0
#include "gateway/extras.h"

#include <memory>

#include "api/extras_payload.h"
#include "base/sha256.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/task_inputs.h"

namespace darkroom::gateway {
namespace {

/// A pixel of a result costs this share of one that goes through the network.
constexpr std::int64_t kPixelsPerDrawn = 32;

/// The submission with what it will take, once its pictures are stored.
Result<control::Submission> store(
    Parts& parts, const api::ExtrasRequest& request, control::Submission submission) {
    DARKROOM_TRY_ASSIGN(
        const std::int64_t pixels, store_inputs(parts.objects, submission.task, request));
    submission.work.steps = 1;
    submission.work.pixels = pixels / kPixelsPerDrawn;
    return submission;
}

boost::asio::awaitable<http::Response> answer(
    Parts& parts,
    ExtrasOrder order,
    http::Response (*shape)(std::vector<std::string>, std::string)) {
    const std::string info = api::html_info(order.request.extras);
    const Caller caller = order.caller;
    const Result<domain::Task> submitted = co_await submit_extras(parts, std::move(order));
    if (!submitted) {
        http::Response refused = respond(api::refusal_from(submitted.error()));
        add_retry_after(refused, parts, caller, submitted.error());
        co_return refused;
    }
    const Result<domain::Task> task =
        co_await parts.dispatcher.wait_until_final(submitted->id, runtime::Deadline::never());
    if (!task) co_return respond(api::refusal_from(task.error()));
    if (task->state != domain::TaskState::succeeded) {
        co_return respond(api::refusal_from(error_of(*task)));
    }
    const domain::Task& finished = *task;
    Result<std::vector<std::string>> pictures = co_await read_pictures(parts, finished);
    if (!pictures) co_return respond(api::refusal_from(pictures.error()));
    co_return shape(*std::move(pictures), info);
}

http::Response single_response(std::vector<std::string> pictures, std::string info) {
    // None when it was interrupted before it began.
    std::string picture = pictures.empty() ? std::string() : std::move(pictures.front());
    return respond(
        json::Value(json::Object{{"html_info", std::move(info)}, {"image", std::move(picture)}}));
}

http::Response batch_response(std::vector<std::string> pictures, std::string info) {
    json::Array images;
    for (std::string& picture : pictures)
        images.emplace_back(std::move(picture));
    return respond(
        json::Value(json::Object{{"html_info", std::move(info)}, {"images", std::move(images)}}));
}

}  // namespace

runtime::Task<domain::Task> submit_extras(Parts& parts, ExtrasOrder order) {
    control::Submission submission;
    submission.batch_size = static_cast<std::int64_t>(order.request.images.size());
    domain::NewTask& task = submission.task;
    task.id = order.id;
    task.tenant = order.caller.tenant;
    task.kind = domain::kExtrasKind;
    name_inputs(order.request.extras, task, order.request.images.size());
    task.request = api::encode_extras(order.request.extras);
    task.body_hash = sha256_hex(order.request_text);
    task.idempotency_key = order.name;
    domain::NewTask wanted = task;
    const auto sent = std::make_shared<const api::ExtrasRequest>(std::move(order.request));
    SubmissionWork work = [&parts, sent, submission] { return store(parts, *sent, submission); };
    Result<domain::Task> submitted =
        co_await submit_stored(parts, std::move(wanted), std::move(work));
    co_return submitted;
}

boost::asio::awaitable<http::Response> extra_single_image(Parts& parts, http::Request request) {
    auto parsed = api::parse_extra_single(request.body);
    if (!parsed) co_return respond(parsed.error());
    ExtrasOrder order;
    order.caller = caller_of(request);
    order.request = *std::move(parsed);
    http::Response response = co_await answer(parts, std::move(order), single_response);
    co_return response;
}

boost::asio::awaitable<http::Response> extra_batch_images(Parts& parts, http::Request request) {
    auto parsed = api::parse_extra_batch(request.body);
    if (!parsed) co_return respond(parsed.error());
    ExtrasOrder order;
    order.caller = caller_of(request);
    order.request = *std::move(parsed);
    http::Response response = co_await answer(parts, std::move(order), batch_response);
    co_return response;
}

}  // namespace darkroom::gateway
