// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/gateway.h"

/// A1111's API with the headers Request-Type, Task-Flag and taskId (serverless-sd-api.md 2.11).
namespace darkroom::gateway {

/// What the headers ask for.
struct TaskMode {
    /// The caller's own name for the task; may be empty.
    std::string name;
    /// Answer at once; the result comes later.
    bool is_async = false;
    /// The answer is kept as the task's result, with object keys in the place of pictures.
    bool keeps_answer = false;
};

/// `name` is the request's own (force_task_id). Fails with invalid_argument for names that are
/// none, or that are not the same.
Result<TaskMode> task_mode_of(const http::Request& request, const std::string& name = {});

/// 200 for a task that ends later.
http::Response accepted_answer(const Parts& parts, const domain::Task& task);

/// Says in the header taskId what the task is called.
void name_task(http::Response& response, const domain::Task& task);

/// True for a succeeded task whose result is an answer of A1111's API.
bool keeps_answer(const domain::Task& task);

/// What the route answered a succeeded task. Fails with corrupt_input.
Result<json::Value> kept_answer(const Parts& parts, const domain::Task& task);

/// That as A1111's response.
http::Response answer_kept(const Parts& parts, const domain::Task& task);

/// The handler of a route that the server answers by itself, as a task when that is asked for: a
/// repeated call under one name gets the first answer, and has no effect of its own.
http::Handler keeping_answers(Parts& parts, http::Handler handler);

}  // namespace darkroom::gateway
