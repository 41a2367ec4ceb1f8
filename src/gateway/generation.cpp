// SPDX-License-Identifier: Apache-2.0
#include "gateway/generation.h"

#include <chrono>
#include <memory>

#include "api/task_payload.h"
#include "api/txt2img_response.h"
#include "base/encoding.h"
#include "base/random.h"
#include "base/sha256.h"
#include "gateway/named_pictures.h"
#include "gateway/task_inputs.h"

namespace darkroom::gateway {

runtime::Task<std::vector<domain::ModelDescription>> scan_models(Parts& parts) {
    using Models = std::vector<domain::ModelDescription>;
    std::function<Result<Models>()> work = [&parts]() -> Result<Models> {
        DARKROOM_TRY(parts.models.scan());
        return parts.models.models();
    };
    Result<Models> models =
        co_await parts.blocking.run<Models>(std::move(work), runtime::Deadline::never());
    co_return models;
}

api::Outcome<api::AcceptedTxt2img> accept(
    Parts& parts, const Caller& caller, const api::Txt2imgRequest& request) {
    const api::Options options = parts.options.get(caller.tenant).options;
    const std::vector<domain::ModelDescription> models = parts.models.models();
    const api::Txt2imgContext context{
        parts.catalog, models, options, random_below, parts.find_unsupported};
    return api::to_generation(request, context);
}

Order make_order(
    const Caller& caller,
    const domain::TaskId& id,
    api::AcceptedTxt2img accepted,
    const std::string& request_text) {
    Order order{{}, std::move(accepted.generation), std::move(accepted.inputs)};
    domain::NewTask& task = order.submission.task;
    task.id = id;
    task.tenant = caller.tenant;
    task.trace = caller.trace;
    task.kind =
        to_string(order.generation.init ? api::RequestKind::img2img : api::RequestKind::txt2img);
    task.model = order.generation.model;
    if (order.generation.init) name_inputs(*order.generation.init, task, order.inputs);
    task.request = api::encode_generation(order.generation);
    task.body_hash = sha256_hex(request_text);
    task.idempotency_key = accepted.task_name;
    const domain::Generation& drawn = order.generation;
    task.pictures = drawn.iterations * drawn.batch_size;
    task.step_pixels = task.pictures * drawn.steps * drawn.width * drawn.height;
    order.submission.iterations = order.generation.iterations;
    order.submission.batch_size = order.generation.batch_size;
    order.submission.work = scheduling::work_of(order.generation);
    return order;
}

namespace {

/// QuotaGate::submit with the quotas of the task's tenant.
runtime::Task<domain::Task> submit_within_quotas(Parts& parts, control::Submission submission) {
    std::string tenant = submission.task.tenant;
    const Result<domain::Quotas> quotas = co_await parts.access.quotas_of(std::move(tenant));
    if (!quotas) co_return quotas.error();
    Result<domain::Task> task =
        co_await parts.access.quota_gate().submit(parts.dispatcher, *quotas, std::move(submission));
    co_return task;
}

}  // namespace

runtime::Task<domain::Task> submit(Parts& parts, Order order) {
    if (order.inputs.empty()) {
        control::Submission submission = std::move(order.submission);
        Result<domain::Task> submitted =
            co_await submit_within_quotas(parts, std::move(submission));
        co_return submitted;
    }
    domain::NewTask task = order.submission.task;
    std::vector<ImageText> texts;
    for (std::string& picture : order.inputs.pictures)
        texts.push_back({kPictureField, &picture});
    texts.push_back({kMaskField, &order.inputs.mask});
    DARKROOM_CO_TRY(co_await bring_pictures(parts, task.tenant, std::move(texts)));
    const auto sent = std::make_shared<const Order>(std::move(order));
    SubmissionWork store = [&parts, sent]() -> Result<control::Submission> {
        const control::Submission& submission = sent->submission;
        DARKROOM_TRY(store_inputs(parts.objects, submission.task, sent->generation, sent->inputs));
        return submission;
    };
    Result<domain::Task> submitted =
        co_await submit_stored(parts, std::move(task), std::move(store));
    co_return submitted;
}

runtime::Task<domain::Task> submit_stored(
    Parts& parts, domain::NewTask task, SubmissionWork store) {
    Result<control::Submission> stored = co_await parts.blocking.run<control::Submission>(
        std::move(store), runtime::Deadline::never());
    if (!stored) co_return stored.error();
    control::Submission submission = *std::move(stored);
    Result<domain::Task> submitted = co_await submit_within_quotas(parts, std::move(submission));
    if (submitted && submitted->id == task.id) co_return submitted;
    // Its row may be there all the same; if it is not, the sweeper takes the pictures.
    if (!submitted && submitted.error().code == ErrorCode::unavailable) co_return submitted;
    std::function<Result<bool>()> remove = [&parts, task]() -> Result<bool> {
        remove_inputs(parts.objects, task);
        return true;
    };
    const Result<bool> removed =
        co_await parts.blocking.run<bool>(std::move(remove), runtime::Deadline::never());
    if (!removed) co_return removed.error();
    co_return submitted;
}

bool is_refused_input(const Error& error) {
    return error.code == ErrorCode::invalid_argument &&
           (error.field == "init_images" || error.field == "mask" || error.field == "image");
}

runtime::Task<std::vector<std::string>> read_pictures(Parts& parts, domain::Task task) {
    using Pictures = std::vector<std::string>;
    if (task.pictures_removed_ms) {
        co_return Error{
            ErrorCode::not_found,
            "the pictures of this task are older than the server keeps them, and were removed"};
    }
    std::function<Result<Pictures>()> work = [&parts, text = task.result]() -> Result<Pictures> {
        DARKROOM_TRY_ASSIGN(const api::TaskResult result, api::decode_result(text));
        Pictures pictures;
        for (const std::string& name : result.images) {
            DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(name));
            DARKROOM_TRY_ASSIGN(const std::vector<std::byte> bytes, parts.objects.get(key));
            pictures.push_back(base64_encode(bytes));
        }
        return pictures;
    };
    Result<Pictures> pictures =
        co_await parts.blocking.run<Pictures>(std::move(work), runtime::Deadline::never());
    co_return pictures;
}

Error error_of(const domain::Task& task) {
    if (task.error) return *task.error;
    return Error{ErrorCode::internal, "the task ended without a result"};
}

Result<std::string> info_of(
    const Parts& parts, const domain::Task& task, std::optional<double> denoising_strength) {
    DARKROOM_TRY_ASSIGN(const domain::Generation generation, api::decode_generation(task.request));
    DARKROOM_TRY_ASSIGN(const api::TaskResult result, api::decode_result(task.result));
    const domain::ModelDescription model =
        domain::describe_model(generation.model + ".safetensors", result.receipt.checkpoint_sha256);
    api::GenerationReport report;
    report.context = api::make_infotext_context(
        generation, model, parts.catalog, "darkroom " + result.receipt.version);
    report.infotexts = result.infotexts;
    report.job_timestamp = api::job_timestamp(task.created_ms);
    report.denoising_strength = denoising_strength;
    if (generation.init) report.denoising_strength = generation.init->denoising_strength;
    return api::make_info(generation, report);
}

api::JobProgress job_progress(
    const control::LiveTask& task, const std::optional<control::QueuePlace>& place) {
    api::JobProgress job;
    job.is_active = true;
    job.job = task.kind == domain::kExtrasKind ? task.kind : "scripts_" + task.kind;
    job.job_timestamp = api::job_timestamp(task.created_ms);
    job.interrupted = task.is_interrupted;
    if (!task.is_held) {
        job.textinfo = "Waiting...";
        if (place) job.eta_s = place->eta_s;
        return job;
    }
    const cluster::Progress& progress = task.progress;
    if (progress.phase == "loading") job.textinfo = "Loading weights...";
    job.job_count = task.iterations;
    job.job_no = progress.finished_pictures / task.batch_size;
    if (progress.pictures > 0) {
        job.sampling_steps = progress.total_steps / progress.pictures;
        const std::int64_t before = job.job_no * task.batch_size * job.sampling_steps;
        job.sampling_step = (progress.finished_steps - before) / task.batch_size;
    }
    job.elapsed_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - task.began).count();
    return job;
}

void add_retry_after(
    http::Response& response, Parts& parts, const Caller& caller, const Error& error) {
    if (error.code != ErrorCode::resource_exhausted) return;
    std::int64_t seconds = parts.access.quota_gate().retry_after_s(error);
    if (seconds == 0) seconds = parts.dispatcher.scheduler().retry_after_s(caller.tenant);
    response.headers.set("Retry-After", std::to_string(seconds));
}

}  // namespace darkroom::gateway
