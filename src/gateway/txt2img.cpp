// SPDX-License-Identifier: Apache-2.0
#include "api/task_payload.h"
#include "api/txt2img_generation.h"
#include "api/txt2img_request.h"
#include "api/txt2img_response.h"
#include "base/encoding.h"
#include "base/random.h"
#include "base/sha256.h"
#include "gateway/routes.h"

namespace darkroom::gateway {
namespace {

using Pictures = std::vector<std::string>;

api::Outcome<api::AcceptedTxt2img> accept(Parts& parts, const api::Txt2imgRequest& request) {
    const api::Options options = parts.options.get(kLocalTenant);
    const std::vector<domain::ModelDescription> models = parts.models.models();
    const api::Txt2imgContext context{
        parts.catalog, models, options, random_below, parts.find_unsupported};
    return api::to_generation(request, context);
}

control::Submission submission_of(const api::AcceptedTxt2img& accepted, const std::string& body) {
    control::Submission submission;
    submission.task.tenant = kLocalTenant;
    submission.task.kind = "txt2img";
    submission.task.model = accepted.generation.model;
    submission.task.request = api::encode_generation(accepted.generation);
    submission.task.body_hash = sha256_hex(body);
    submission.task.idempotency_key = accepted.task_name;
    submission.iterations = accepted.generation.iterations;
    submission.batch_size = accepted.generation.batch_size;
    return submission;
}

Result<Pictures> read_pictures(storage::ObjectStore& objects, const api::TaskResult& result) {
    Pictures pictures;
    for (const std::string& name : result.images) {
        DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(name));
        DARKROOM_TRY_ASSIGN(const std::vector<std::byte> bytes, objects.get(key));
        pictures.push_back(base64_encode(bytes));
    }
    return pictures;
}

Error error_of(const domain::Task& task) {
    if (task.error) return *task.error;
    return Error{ErrorCode::internal, "the task ended without a result"};
}

/// The answer for a task that succeeded. The row says what was drawn: a repeated request with a
/// random seed gets the picture of the first.
Result<http::Response> answer(
    Parts& parts, const domain::Task& task, const api::Txt2imgRequest& request, Pictures pictures) {
    DARKROOM_TRY_ASSIGN(const domain::Generation generation, api::decode_generation(task.request));
    DARKROOM_TRY_ASSIGN(const api::TaskResult result, api::decode_result(task.result));
    const domain::ModelDescription model =
        domain::describe_model(generation.model + ".safetensors", result.receipt.checkpoint_sha256);
    api::GenerationReport report;
    report.context = api::make_infotext_context(
        generation, model, parts.catalog, "darkroom " + result.receipt.version);
    report.infotexts = result.infotexts;
    report.job_timestamp = api::job_timestamp(task.created_ms);
    report.denoising_strength = request.number("denoising_strength");
    std::string info = api::make_info(generation, report);
    return http::json_response(
        200, api::txt2img_response(std::move(pictures), request, std::move(info)));
}

}  // namespace

boost::asio::awaitable<http::Response> txt2img(Parts& parts, http::Request request) {
    auto parsed = api::parse_txt2img(request.body);
    if (!parsed) co_return respond(parsed.error());
    auto accepted = accept(parts, *parsed);
    if (!accepted) co_return respond(accepted.error());

    control::Submission submission = submission_of(*accepted, request.body);
    const Result<domain::Task> submitted = co_await parts.dispatcher.submit(std::move(submission));
    if (!submitted) co_return respond(api::refusal_from(submitted.error()));
    // A client that goes away finds its picture under the same force_task_id.
    const Result<domain::Task> task =
        co_await parts.dispatcher.wait_until_final(submitted->id, runtime::Deadline::never());
    if (!task) co_return respond(api::refusal_from(task.error()));
    if (task->state != domain::TaskState::succeeded) {
        co_return respond(api::refusal_from(error_of(*task)));
    }

    std::function<Result<Pictures>()> work = [&parts, text = task->result]() -> Result<Pictures> {
        DARKROOM_TRY_ASSIGN(const api::TaskResult result, api::decode_result(text));
        return read_pictures(parts.objects, result);
    };
    Result<Pictures> pictures =
        co_await parts.blocking.run<Pictures>(std::move(work), runtime::Deadline::never());
    if (!pictures) co_return respond(api::refusal_from(pictures.error()));
    auto response = answer(parts, *task, *parsed, *std::move(pictures));
    if (!response) co_return respond(api::refusal_from(response.error()));
    co_return *std::move(response);
}

}  // namespace darkroom::gateway
