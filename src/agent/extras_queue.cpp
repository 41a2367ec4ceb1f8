// SPDX-License-Identifier: Apache-2.0
#include "agent/extras_queue.h"

#include <algorithm>

#include "agent/postprocessing.h"
#include "api/extras_payload.h"
#include "api/task_payload.h"
#include "base/format.h"
#include "telemetry/log.h"

namespace darkroom::agent {
namespace {

void tell(std::string_view message, const cluster::Assignment& task, std::string_view reason) {
    log::debug(
        message,
        {{"task", task.id.task},
         {"trace", trace_id_of(task.trace)},
         {"attempt", task.id.attempt},
         {"reason", reason}});
}

}  // namespace

Result<void> ExtrasQueue::add(cluster::Assignment assignment) {
    DARKROOM_TRY_ASSIGN(domain::Extras extras, api::decode_extras(assignment.request));
    if (extras.images.size() != assignment.input_bytes.size()) {
        return Error{ErrorCode::invalid_argument, "the pictures of the request are not all there"};
    }
    jobs_.push_back({std::move(assignment), std::move(extras)});
    return {};
}

std::optional<cluster::Message> ExtrasQueue::step() {
    if (jobs_.empty()) return std::nullopt;
    Job& job = jobs_.front();
    const std::vector<std::span<const std::byte>> inputs =
        cluster::split_payload(job.assignment.inputs, job.assignment.input_bytes);
    if (!job.interrupted && job.files.size() < inputs.size()) {
        auto file = postprocess(inputs[job.files.size()], job.extras);
        if (!file) {
            tell("task cannot be done", job.assignment, file.error().message);
            cluster::Failed failed{job.assignment.id, file.error(), false};
            jobs_.pop_front();
            return failed;
        }
        job.files.push_back(*std::move(file));
    }
    if (job.interrupted || job.files.size() == inputs.size()) {
        cluster::Done done = finish(job);
        tell("task done", job.assignment, "");
        jobs_.pop_front();
        return done;
    }
    const auto finished = static_cast<std::int64_t>(job.files.size());
    const auto pictures = static_cast<std::int64_t>(inputs.size());
    return cluster::Progress{
        .id = job.assignment.id,
        .phase = "upscaling",
        .loaded = 1,
        .finished_steps = finished,
        .total_steps = pictures,
        .finished_pictures = finished,
        .pictures = pictures};
}

cluster::Done ExtrasQueue::finish(Job& job) const {
    api::TaskResult result;
    result.receipt = receipt_;
    result.interrupted = job.interrupted;
    cluster::Done done;
    done.id = job.assignment.id;
    for (const std::vector<std::byte>& file : job.files) {
        result.images.push_back(format("{}.png", result.images.size()));
        result.infotexts.push_back(job.extras.description);
        // Nothing here is drawn by chance.
        result.all_seeds.push_back(0);
        result.all_subseeds.push_back(0);
        done.image_bytes.push_back(file.size());
        done.images.insert(done.images.end(), file.begin(), file.end());
    }
    done.result = api::encode_result(result);
    return done;
}

void ExtrasQueue::interrupt(const cluster::AttemptId& id) {
    for (Job& job : jobs_) {
        const cluster::AttemptId& held = job.assignment.id;
        if (held.task == id.task && (id.attempt == 0 || held.attempt == id.attempt)) {
            job.interrupted = true;
        }
    }
}

void ExtrasQueue::drop(const cluster::AttemptId& id) {
    std::erase_if(jobs_, [&](const Job& job) { return job.assignment.id == id; });
}

std::vector<cluster::AttemptId> ExtrasQueue::held() const {
    std::vector<cluster::AttemptId> ids;
    for (const Job& job : jobs_)
        ids.push_back(job.assignment.id);
    return ids;
}

}  // namespace darkroom::agent
