// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/trace_context.h"
#include "domain/task_id.h"
#include "domain/task_state.h"

namespace darkroom::domain {

/// Kinds of work.
inline constexpr const char* kTxt2imgKind = "txt2img";
inline constexpr const char* kImg2imgKind = "img2img";
inline constexpr const char* kExtrasKind = "extras";
/// A call that the server answered by itself; its task only keeps the answer.
inline constexpr const char* kCallKind = "call";

/// False for work that no checkpoint takes part in; its Task::model is empty.
inline bool needs_checkpoint(std::string_view kind) {
    return kind != kExtrasKind && kind != kCallKind;
}

/// How much of a tenant's may wait, with the task that is submitted; absent is without bound.
struct QueueBounds {
    std::optional<std::int64_t> tasks = {};
    /// Of predicted device time.
    std::optional<double> seconds = {};
};

/// What a caller asks for when it submits a task. Names and sizes were checked before.
struct NewTask {
    TaskId id = TaskId::random();
    std::string tenant;
    /// What kind of work: one of the words above.
    std::string kind;
    /// Name of the checkpoint that an agent must have loaded; empty when the kind needs none.
    std::string model = {};
    /// The request as accepted, JSON text.
    std::string request;
    /// Digest of the request, to tell a repeated submit from another one under the same key.
    std::string body_hash;
    /// Unique per tenant; empty for a request that carries none.
    std::string idempotency_key = {};
    /// Higher goes first.
    std::int32_t priority = 0;
    /// Predicted device time.
    double cost_s = 0.0;
    /// Virtual finishing time for fairness between tenants; lower goes first.
    double vft = 0.0;
    /// Wall time before which the task is not handed out.
    std::int64_t not_before_ms = 0;
    /// Wall time after which a task that still waits is expired.
    std::optional<std::int64_t> deadline_ms = {};
    // For the account of what a tenant used.
    std::int64_t pictures = 0;
    /// Steps times pixels over all pictures.
    std::int64_t step_pixels = 0;
    /// Of work that is done already: the task begins as succeeded, with this as its result.
    std::optional<std::string> result = {};
    /// Of the tenant's queue; looked at when the row is written, and not kept.
    QueueBounds bounds = {};
    /// The request that asks for it.
    std::optional<TraceContext> trace = {};
    /// What `cost_s` was predicted from: scheduling::Work::size().
    double work_size = 0.0;
};

/// One request's work: the row that is the truth.
struct Task {
    TaskId id;
    std::string tenant = {};
    std::string kind = {};
    std::string model = {};
    std::string request = {};
    std::string body_hash = {};
    std::string idempotency_key = {};
    /// The request that submitted it; nothing in rows of before traces were kept.
    std::optional<TraceContext> trace = {};

    TaskState state = TaskState::queued;
    std::int32_t priority = 0;
    double cost_s = 0.0;
    /// What `cost_s` was predicted from; 0 of a task that is not drawn.
    double work_size = 0.0;
    double vft = 0.0;

    /// Grows with every lease and fences: an older attempt can change nothing any more.
    std::int64_t attempt = 0;
    /// Attempts that broke. Only this counts against the retry policy.
    std::int32_t failures = 0;
    /// Agent of the newest lease; empty while queued.
    std::string owner = {};
    /// End of the lease on the boot clock of the server that gave it.
    std::optional<std::int64_t> lease_until_ms = {};

    // Wall clock from here on.
    std::int64_t not_before_ms = 0;
    std::optional<std::int64_t> deadline_ms = {};
    std::int64_t created_ms = 0;
    /// When the newest attempt began to draw.
    std::optional<std::int64_t> started_ms = {};
    std::optional<std::int64_t> finished_ms = {};
    /// When the pictures of the result were given up; the result still names them.
    std::optional<std::int64_t> pictures_removed_ms = {};

    // What the task used.
    std::int64_t pictures = 0;
    std::int64_t step_pixels = 0;
    /// How long agents drew, in all attempts that have ended.
    std::int64_t busy_ms = 0;
    /// Device time of the attempt that succeeded, without loading and without what it shared with
    /// others; 0 when unknown, or when it was ended early.
    double device_s = 0.0;
    /// Size of the stored pictures.
    std::int64_t result_bytes = 0;

    bool cancel_requested = false;
    /// Why the task ended without a result.
    std::optional<Error> error = {};
    /// JSON text (image object keys, infotexts, ...); empty unless succeeded.
    std::string result = {};
};

}  // namespace darkroom::domain
