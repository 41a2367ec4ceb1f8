// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/progress.h"
#include "domain/generation.h"
#include "domain/task.h"
#include "json/json.h"

/// Answers about tasks in the serverless Stable Diffusion API (serverless-sd-api.md 2.4, 2.7), with
/// what was added: the reason of a failure, the exact state, the place in the queue.
namespace darkroom::api {

/// The word of that API: waiting, running, succeeded, failed or cancelled.
std::string_view serverless_status(domain::TaskState state);

/// What a client calls a task: the name that it gave itself, else the id.
const std::string& task_name(const domain::Task& task);

/// A task's pictures.
struct TaskPictures {
    /// Object keys.
    std::vector<std::string> keys = {};
    /// Where to fetch each.
    std::vector<std::string> urls = {};
};

/// Where a task stands that waits.
struct QueueStanding {
    /// Tasks before it.
    std::int64_t position = 0;
    /// Predicted seconds until its result is there.
    double eta_s = 0.0;
};

/// What a finished task says beside its pictures.
struct TaskDetails {
    /// A1111's `info` as an object.
    json::Value info = {};
    /// The request's fields as they were drawn.
    json::Value parameters = {};
};

/// 200 of POST /txt2img for a task that succeeded.
json::Object succeeded_body(const domain::Task& task, const TaskPictures& pictures);
/// 200 of POST /txt2img for a task that waits.
json::Object waiting_body(const domain::Task& task, const std::optional<QueueStanding>& standing);

/// GET /tasks/{taskId}/result: nulls in place of what an unfinished or failed task does not have.
json::Object result_body(
    const domain::Task& task, const std::optional<QueueStanding>& standing = {});
json::Object result_body(
    const domain::Task& task, const TaskPictures& pictures, TaskDetails details);

/// GET /tasks/{taskId}/progress. `job` is where a task that runs stands.
json::Object task_progress_body(
    const domain::Task& task,
    const std::optional<JobProgress>& job,
    const std::optional<QueueStanding>& standing);

/// GET /tasks: the page, and the taskId to go on from while there may be more.
json::Object task_list_body(std::span<const domain::Task> page, bool is_last);

/// The fields of a request that would be drawn as this generation.
json::Object generation_parameters(const domain::Generation& generation);

}  // namespace darkroom::api
