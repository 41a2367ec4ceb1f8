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
/// Quotas as the API names them; a refusal's field is one of them.
constexpr const char* kQueuedTasks = "queuedTasks";
constexpr const char* kQueuedSeconds = "queuedSeconds";
constexpr const char* kPicturesPerDay = "picturesPerDay";
/// A queue moves within seconds.
constexpr std::int64_t kQueueRetryS = 10;

Error used_up(const char* field, std::string message) {
    return Error{ErrorCode::resource_exhausted, std::move(message), field};
}

bool is_bounded(const domain::Quotas& quotas) {
    return quotas.queued_tasks || quotas.queued_seconds || quotas.pictures_per_day;
}

}  // namespace

/// Counts a task as pending while it lives.
class QuotaGate::Reservation {
  public:
    Reservation(QuotaGate& gate, std::string tenant, double seconds)
        : gate_(gate), tenant_(std::move(tenant)), seconds_(seconds) {
        const auto pending = gate_.pending_.lock();
        Pending& mine = (*pending)[tenant_];
        mine.tasks += 1;
        mine.seconds += seconds_;
    }
    ~Reservation() {
        const auto pending = gate_.pending_.lock();
        Pending& mine = (*pending)[tenant_];
        mine.tasks -= 1;
        mine.seconds -= seconds_;
        if (mine.tasks == 0) pending->erase(tenant_);
    }
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;

  private:
    QuotaGate& gate_;
    std::string tenant_;
    double seconds_;
};

runtime::Task<domain::Task> QuotaGate::submit(
    control::Dispatcher& dispatcher, domain::Quotas quotas, control::Submission submission) {
    bool is_repeat = false;
    if (is_bounded(quotas) && !submission.task.idempotency_key.empty()) {
        storage::TaskName name{submission.task.tenant, submission.task.idempotency_key};
        const Result<domain::Task> earlier =
            co_await store_call(dispatcher.store(), &TaskStore::find, std::move(name));
        is_repeat = earlier.has_value();
    }
    if (is_repeat || !is_bounded(quotas)) {
        Result<domain::Task> task = co_await dispatcher.submit(std::move(submission));
        co_return task;
    }
    const domain::TaskId id = submission.task.id;
    const double seconds = dispatcher.predict(submission);
    const Reservation reservation(*this, submission.task.tenant, seconds);
    std::string tenant = submission.task.tenant;
    DARKROOM_CO_TRY(co_await check_queue(dispatcher.store(), quotas, std::move(tenant)));
    storage::PictureCharge pictures;
    pictures.tenant = submission.task.tenant;
    pictures.day = clock_.wall_ms() / kDayMs;
    pictures.pictures = submission.iterations * submission.batch_size;
    pictures.limit = quotas.pictures_per_day;
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

runtime::Task<void> QuotaGate::check_queue(
    storage::TaskStore& store, domain::Quotas quotas, std::string tenant) {
    if (!quotas.queued_tasks && !quotas.queued_seconds) co_return Result<void>();
    storage::CountFilter filter{tenant};
    const Result<storage::QueuedWork> queued =
        co_await store_call(store, &TaskStore::queued_work, std::move(filter));
    if (!queued) co_return queued.error();
    const Pending pending = (*pending_.lock())[tenant];
    if (quotas.queued_tasks && queued->tasks + pending.tasks > *quotas.queued_tasks) {
        co_return used_up(
            kQueuedTasks,
            format("the tenant's quota of queued tasks is used up: {}", *quotas.queued_tasks));
    }
    if (quotas.queued_seconds && queued->seconds + pending.seconds > *quotas.queued_seconds) {
        co_return used_up(
            kQueuedSeconds,
            format(
                "the tenant's quota of queued work is used up, in predicted seconds: {}",
                *quotas.queued_seconds));
    }
    co_return Result<void>();
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
    co_return used_up(
        kPicturesPerDay, format("the tenant's quota of pictures a day is used up: {}", limit));
}

std::int64_t QuotaGate::retry_after_s(const Error& error) const {
    if (error.code != ErrorCode::resource_exhausted) return 0;
    if (error.field == kQueuedTasks || error.field == kQueuedSeconds) return kQueueRetryS;
    if (error.field != kPicturesPerDay) return 0;
    return (kDayMs - clock_.wall_ms() % kDayMs + kMsPerS - 1) / kMsPerS;
}

}  // namespace darkroom::gateway
