// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/progress.h"
#include "api/txt2img_generation.h"
#include "control/dispatcher.h"
#include "gateway/caller.h"
#include "gateway/gateway.h"

/// What both APIs do to draw pictures.
namespace darkroom::gateway {

/// The checkpoints, after a look at the folder: a file that was copied into it shows up without a
/// restart. Fails as ModelFolder::scan.
runtime::Task<std::vector<domain::ModelDescription>> scan_models(Parts& parts);

/// Judges a request by the checkpoints and the caller's options.
api::Outcome<api::AcceptedTxt2img> accept(
    Parts& parts, const Caller& caller, const api::Txt2imgRequest& request);

/// A request on its way to the queue.
struct Order {
    control::Submission submission;
    domain::Generation generation;
    api::InputTexts inputs;
};

/// The task of an accepted request. `request_text` is what tells it from another one under the
/// same name.
Order make_order(
    const Caller& caller,
    const domain::TaskId& id,
    api::AcceptedTxt2img accepted,
    const std::string& request_text);

/// Stores the pictures that the task starts from, then submits it within its tenant's
/// quotas: QuotaGate::submit. A task that was submitted before under its name keeps the pictures
/// that it has. Fails also as store_inputs.
runtime::Task<domain::Task> submit(Parts& parts, Order order);

/// Stores the pictures that came with a task and returns what to submit then. Blocks; leaves
/// nothing behind when it fails.
using SubmissionWork = std::function<Result<control::Submission>()>;

/// Dispatcher::submit of a task once its pictures are stored; takes them back when the task does
/// not come to be or was there before. Fails also as `store`.
runtime::Task<domain::Task> submit_stored(Parts& parts, domain::NewTask task, SubmissionWork store);

/// True when it is a picture of the request that was refused.
bool is_refused_input(const Error& error);

/// Why a task that ended has no result.
Error error_of(const domain::Task& task);

/// The pictures of a task that succeeded, in base64. Fails with corrupt_input, or as
/// ObjectStore::get.
runtime::Task<std::vector<std::string>> read_pictures(Parts& parts, domain::Task task);

/// A1111's `info` text of a task that succeeded. The row says what was drawn: a repeated request
/// with a random seed gets the picture of the first. Fails with corrupt_input.
Result<std::string> info_of(
    const Parts& parts, const domain::Task& task, std::optional<double> denoising_strength = {});

/// What A1111's progress shows of a task: its iterations are jobs, its pictures share the steps.
/// `place` is that of a task that waits.
api::JobProgress job_progress(
    const control::LiveTask& task, const std::optional<control::QueuePlace>& place = {});

/// Says in the header Retry-After when to try again, if a submit failed because too much waits.
void add_retry_after(
    http::Response& response, Parts& parts, const Caller& caller, const Error& error);

}  // namespace darkroom::gateway
