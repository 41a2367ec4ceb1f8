// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_task.h"

#include <cmath>

#include "api/input_pictures.h"
#include "api/json_members.h"
#include "api/txt2img_request.h"

namespace darkroom::api {
namespace {

using domain::TaskState;

json::Array texts(const std::vector<std::string>& list) {
    return json::Array(list.begin(), list.end());
}

template <class T>
json::Value number_or_null(const std::optional<T>& number) {
    return number ? json::Value(*number) : json::Value();
}

json::Object head(const domain::Task& task) {
    return json::Object{{"taskId", task_name(task)}, {"status", serverless_status(task.state)}};
}

/// What every answer about a task adds to the reference's members.
void append_additions(json::Object& body, const domain::Task& task) {
    body.set("state", domain::to_string(task.state));
    if (task.error) body.set("message", task.error->message);
}

void append_standing(json::Object& body, const std::optional<QueueStanding>& standing) {
    if (!standing) return;
    body.set("queuePosition", standing->position);
    // A prediction has no more digits than that.
    body.set("etaSeconds", std::ceil(standing->eta_s * 10.0) / 10.0);
}

}  // namespace

std::string_view serverless_status(TaskState state) {
    switch (state) {
        case TaskState::queued:
        case TaskState::leased:
            return "waiting";
        case TaskState::running:
        case TaskState::uploading:
            return "running";
        case TaskState::succeeded:
            return "succeeded";
        case TaskState::cancelled:
            return "cancelled";
        case TaskState::failed:
        case TaskState::expired:
        case TaskState::dead:
            return "failed";
    }
    return "failed";
}

const std::string& task_name(const domain::Task& task) {
    return task.idempotency_key.empty() ? task.id.text() : task.idempotency_key;
}

json::Object succeeded_body(const domain::Task& task, const TaskPictures& pictures) {
    json::Object body = head(task);
    body.set("ossUrl", texts(pictures.urls));
    return body;
}

json::Object waiting_body(const domain::Task& task, const std::optional<QueueStanding>& standing) {
    json::Object body = head(task);
    append_standing(body, standing);
    return body;
}

json::Object result_body(const domain::Task& task, const std::optional<QueueStanding>& standing) {
    json::Object body = head(task);
    for (const char* absent : {"images", "ossUrl", "info", "parameters"})
        body.set(absent, nullptr);
    append_additions(body, task);
    append_standing(body, standing);
    return body;
}

json::Object result_body(
    const domain::Task& task, const TaskPictures& pictures, TaskDetails details) {
    json::Object body = result_body(task);
    body.set("images", texts(pictures.keys));
    body.set("ossUrl", texts(pictures.urls));
    body.set("info", std::move(details.info));
    body.set("parameters", std::move(details.parameters));
    return body;
}

json::Object task_progress_body(
    const domain::Task& task,
    const std::optional<JobProgress>& job,
    const std::optional<QueueStanding>& standing) {
    json::Object body = head(task);
    const bool is_final = domain::is_final(task.state);
    body.set("progress", is_final ? 1.0 : 0.0);
    body.set("etaRelative", 0.0);
    body.set("currentImage", "");
    if (!is_final && job) {
        const json::Value shown = progress_body(*job);
        const bool has_begun = serverless_status(task.state) != "waiting";
        if (has_begun) body.set("progress", shown["progress"]);
        body.set("etaRelative", shown["eta_relative"]);
        body.set("state", shown["state"]);
        body.set("textinfo", shown["textinfo"]);
    }
    append_standing(body, standing);
    if (task.error) body.set("message", task.error->message);
    return body;
}

json::Object task_list_body(std::span<const domain::Task> page, bool is_last) {
    json::Array tasks;
    for (const domain::Task& task : page) {
        json::Object entry = head(task);
        append_additions(entry, task);
        entry.set("kind", task.kind);
        entry.set("model", task.model);
        entry.set("attempts", task.attempt);
        entry.set("failures", static_cast<std::int64_t>(task.failures));
        entry.set("createdMs", task.created_ms);
        entry.set("startedMs", number_or_null(task.started_ms));
        entry.set("finishedMs", number_or_null(task.finished_ms));
        tasks.emplace_back(std::move(entry));
    }
    const bool ends = is_last || page.empty();
    return json::Object{
        {"tasks", std::move(tasks)},
        {"next", ends ? json::Value() : json::Value(page.back().id.text())}};
}

json::Object generation_parameters(const domain::Generation& g) {
    json::Object parameters;
    const RequestKind kind = g.init ? RequestKind::img2img : RequestKind::txt2img;
    for (const RequestField& field : request_fields(kind))
        parameters.append(std::string(field.name), field.default_value);
    parameters.set("prompt", g.prompt);
    parameters.set("negative_prompt", g.negative_prompt);
    parameters.set("seed", g.seed);
    parameters.set("subseed", g.subseed);
    parameters.set("subseed_strength", g.subseed_strength);
    parameters.set("seed_resize_from_h", g.seed_resize_from_h);
    parameters.set("seed_resize_from_w", g.seed_resize_from_w);
    parameters.set("sampler_name", text_or_null(g.sampler));
    parameters.set("scheduler", text_or_null(g.schedule));
    parameters.set("batch_size", g.batch_size);
    parameters.set("n_iter", g.iterations);
    parameters.set("steps", g.steps);
    parameters.set("cfg_scale", g.cfg_scale);
    parameters.set("width", g.width);
    parameters.set("height", g.height);
    parameters.set("eta", number_or_null(g.eta));
    parameters.set("s_churn", g.s_churn);
    parameters.set("s_tmin", g.s_tmin);
    parameters.set("s_tmax", g.s_tmax);
    parameters.set("s_noise", g.s_noise);
    if (g.init) set_init_parameters(parameters, *g.init);
    // The reference blanks these; what is in them may be megabytes.
    parameters.set("alwayson_scripts", "");
    parameters.set("override_settings", json::Object{{"sd_model_checkpoint", g.model}});
    return parameters;
}

}  // namespace darkroom::api
