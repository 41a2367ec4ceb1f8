// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "json/json.h"

namespace darkroom::api {

/// Where one caller's newest job stands.
struct JobProgress {
    /// False when the caller has no job: then only job_timestamp and textinfo count.
    bool is_active = false;
    /// "scripts_txt2img", "Batch 1 out of 2".
    std::string job = {};
    /// Iterations of the job; -1 while that is not known yet.
    std::int64_t job_count = -1;
    /// Iterations that are done.
    std::int64_t job_no = 0;
    std::int64_t sampling_step = 0;
    std::int64_t sampling_steps = 0;
    /// Of the newest job's begin, "0" before the first one.
    std::string job_timestamp = "0";
    bool skipped = false;
    bool interrupted = false;
    bool stopping_generation = false;
    /// Seconds since the job began.
    double elapsed_s = 0.0;
    /// Predicted seconds to the end of a job that waits; else they follow from the share done.
    std::optional<double> eta_s = {};
    /// Base64 of the preview.
    std::optional<std::string> current_image = {};
    std::optional<std::string> textinfo = {};
};

/// Share of the job that is done: 0 when idle, else between 0.01 and 1.
double progress_share(const JobProgress& job);

/// Body of GET /sdapi/v1/progress (a1111-api.md 1.8). Clients take progress 0 and job_count 0 for
/// the end, so job_count is 0 only when idle.
json::Value progress_body(const JobProgress& job);

}  // namespace darkroom::api
