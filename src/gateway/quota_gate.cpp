// SPDX-License-Identifier: Apache-2.0
#include "gateway/quota_gate.h"

#include <utility>

#include "base/format.h"
#include "control/store_call.h"

namespace darkroom::gateway {
namespace {

using control::store_call;
using storage::TaskStore;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMsPerS = 1000;
/// A queue moves within seconds.
constexpr std::int64_t kQueueRetryS = 10;

constexpr const char* kPicturesQuota = "quotas.picturesPerDay";

bool is_of_queue(const Error& error) {
    return error.field == storage::kQueuedTasksQuota || error.field == storage::kQueuedSecondsQuota;
}

}  // namespace

runtime::Task<domain::Task> QuotaGate::submit(
    control::Dispatcher& dispatcher, domain::Quotas quotas, control::Submission submission) {
    submission.task.bounds = {quotas.queued_tasks, quotas.queued_seconds};
    if (!quotas.pictures_per_day) {
        Result<domain::Task> task = co_await dispatcher.submit(std::move(submission));
        co_return task;
    }
    storage::TaskName name{submission.task.tenant, submission.task.idempotency_key};
    const bool is_repeat = co_await was_submitted(dispatcher.store(), std::move(name));
    if (is_repeat) {
        // No room for a new one: if the earlier one has been removed, this is new work after all.
        control::Submission again = submission;
        again.task.bounds.tasks = 0;
        Result<domain::Task> earlier = co_await dispatcher.submit(std::move(again));
        if (earlier || !is_of_queue(earlier.error())) co_return earlier;
    }
    storage::PictureCharge pictures;
    pictures.tenant = submission.task.tenant;
    pictures.day = clock_.wall_ms() / kDayMs;
    pictures.pictures = submission.iterations * submission.batch_size;
    pictures.limit = quotas.pictures_per_day;
    Result<domain::Task> task =
        co_await submit_charged(dispatcher, std::move(pictures), std::move(submission));
    co_return task;
}

boost::asio::awaitable<bool> QuotaGate::was_submitted(
    storage::TaskStore& store, storage::TaskName name) {
    if (name.idempotency_key.empty()) co_return false;
    const Result<domain::Task> earlier =
        co_await store_call(store, &TaskStore::find, std::move(name));
    co_return earlier.has_value();
}

/// Charges first: what is submitted may be drawn at once.
runtime::Task<domain::Task> QuotaGate::submit_charged(
    control::Dispatcher& dispatcher,
    storage::PictureCharge pictures,
    control::Submission submission) {
    const domain::TaskId id = submission.task.id;
    storage::PictureCharge refund = pictures;
    refund.pictures = -refund.pictures;
    DARKROOM_CO_TRY(co_await charge(std::move(pictures)));
    Result<domain::Task> task = co_await dispatcher.submit(std::move(submission));
    // Somebody may have submitted it under its name in the meantime.
    if (!task || task->id != id) {
        const Result<void> refunded = co_await charge(std::move(refund));
        if (task && !refunded) co_return refunded.error();
    }
    co_return task;
}

runtime::Task<void> QuotaGate::charge(storage::PictureCharge charge) {
    if (!charge.limit) co_return Result<void>();
    const std::int64_t limit = *charge.limit;
    const Result<std::int64_t> sum =
        co_await store_call(accounts_, &storage::AccountStore::charge_pictures, std::move(charge));
    if (sum) co_return Result<void>();
    if (sum.error().code != ErrorCode::resource_exhausted || sum.error().field.empty()) {
        co_return sum.error();
    }
    co_return Error{
        ErrorCode::resource_exhausted,
        format("the tenant's quota of pictures a day is used up ({}: {})", kPicturesQuota, limit),
        kPicturesQuota};
}

std::int64_t QuotaGate::retry_after_s(const Error& error) const {
    if (error.code != ErrorCode::resource_exhausted) return 0;
    if (is_of_queue(error)) return kQueueRetryS;
    if (error.field != kPicturesQuota) return 0;
    return (kDayMs - clock_.wall_ms() % kDayMs + kMsPerS - 1) / kMsPerS;
}

}  // namespace darkroom::gateway
