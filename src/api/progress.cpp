// SPDX-License-Identifier: Apache-2.0
#include "api/progress.h"

#include <algorithm>

namespace darkroom::api {
namespace {

// What upstream shows before the first step.
constexpr double kBegun = 0.01;

json::Value text_or_null(const std::optional<std::string>& text) {
    return text ? json::Value(*text) : json::Value();
}

json::Value state_of(const JobProgress& job) {
    // 0 would read as idle.
    const std::int64_t active_count = job.job_count == 0 ? -1 : job.job_count;
    return json::Object{
        {"skipped", job.skipped},
        {"interrupted", job.interrupted},
        {"stopping_generation", job.stopping_generation},
        {"job", job.is_active ? job.job : ""},
        {"job_count", job.is_active ? active_count : std::int64_t{0}},
        {"job_timestamp", job.job_timestamp},
        {"job_no", job.job_no},
        {"sampling_step", job.sampling_step},
        {"sampling_steps", job.sampling_steps}};
}

}  // namespace

double progress_share(const JobProgress& job) {
    if (!job.is_active) return 0.0;
    double share = kBegun;
    if (job.job_count > 0) {
        const auto count = static_cast<double>(job.job_count);
        share += static_cast<double>(job.job_no) / count;
        if (job.sampling_steps > 0) {
            share += static_cast<double>(job.sampling_step) /
                     static_cast<double>(job.sampling_steps) / count;
        }
    }
    return std::clamp(share, kBegun, 1.0);
}

json::Value progress_body(const JobProgress& job) {
    const double share = progress_share(job);
    const double extrapolated = job.is_active ? job.elapsed_s / share - job.elapsed_s : 0.0;
    const double eta = job.is_active ? job.eta_s.value_or(extrapolated) : 0.0;
    return json::Object{
        {"progress", share},
        {"eta_relative", eta},
        {"state", state_of(job)},
        {"current_image", job.is_active ? text_or_null(job.current_image) : json::Value()},
        {"textinfo", text_or_null(job.textinfo)}};
}

}  // namespace darkroom::api
