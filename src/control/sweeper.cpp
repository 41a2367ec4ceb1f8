// SPDX-License-Identifier: Apache-2.0
#include "control/sweeper.h"

#include <memory>
#include <utility>

#include "base/format.h"
#include "control/store_call.h"
#include "runtime/sleep.h"
#include "telemetry/log.h"
#include "telemetry/log_failure.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::TaskStore;

constexpr std::int32_t kTasksAtOnce = 50;

PictureOwner owner_of(const domain::Task& task) {
    PictureOwner owner{task.state, task.attempt, {}};
    if (!task.pictures_removed_ms) owner.images = images_of(task.result);
    return owner;
}

Result<std::int64_t> size_of(storage::ObjectStore& objects, const storage::ObjectKey& prefix) {
    storage::ObjectQuery page{prefix};
    std::int64_t bytes = 0;
    while (true) {
        DARKROOM_TRY_ASSIGN(const std::vector<storage::ObjectEntry> entries, objects.list(page));
        for (const storage::ObjectEntry& entry : entries)
            bytes += static_cast<std::int64_t>(entry.size_bytes);
        if (entries.size() < page.limit) return bytes;
        page.after = entries.back().key;
    }
}

}  // namespace

const RetentionAges& RetentionPolicy::of(const std::string& tenant) const {
    const auto own = tenants.find(tenant);
    return own == tenants.end() ? fallback : own->second;
}

Sweeper::Sweeper(boost::asio::any_io_executor executor, SweeperParts parts, RetentionPolicy policy)
    : parts_(parts),
      policy_(std::move(policy)),
      tasks_(parts.metrics.counter("darkroom_swept_tasks_total", "Tasks removed past their age")),
      pictures_(parts.metrics.counter(
          "darkroom_swept_pictures_total", "Pictures removed past their age")),
      orphans_(parts.metrics.counter(
          "darkroom_swept_orphans_total", "Pictures removed that belonged to no result")),
      bytes_(parts.metrics.counter("darkroom_swept_bytes_total", "Size of what was removed")),
      group_(std::move(executor)) {}

Sweeper::~Sweeper() {
    group_.cancel();
}

void Sweeper::start() {
    group_.spawn(run());
}

boost::asio::awaitable<void> Sweeper::run() {
    while (true) {
        const Result<SweepReport> swept = co_await sweep();
        if (!swept && swept.error().code == ErrorCode::cancelled) co_return;
        if (!swept) log::failure(log::Level::warning, "sweep stopped early", swept.error());
        const Deadline next = Deadline::after(policy_.period);
        co_await runtime::sleep_until(next);
    }
}

runtime::Task<SweepReport> Sweeper::sweep() {
    SweepReport report;
    const Result<void> tasks = co_await sweep_tasks(report);
    Result<void> pictures;
    if (tasks) pictures = co_await sweep_pictures(report);
    count(report);
    if (!tasks) co_return tasks.error();
    if (!pictures) co_return pictures.error();
    co_return report;
}

void Sweeper::count(const SweepReport& report) {
    tasks_.increment(static_cast<double>(report.tasks));
    pictures_.increment(static_cast<double>(report.pictures));
    orphans_.increment(static_cast<double>(report.orphans));
    bytes_.increment(static_cast<double>(report.bytes));
    if (report.tasks + report.pictures + report.orphans == 0) return;
    log::info(
        "swept",
        {{"tasks", report.tasks},
         {"pictures", report.pictures},
         {"orphans", report.orphans},
         {"bytes", report.bytes}});
}

runtime::Task<void> Sweeper::sweep_tasks(SweepReport& report) {
    const std::int64_t now = parts_.clock.wall_ms();
    const auto limit_of = [now](const RetentionAges& ages) {
        return ages.tasks ? std::optional(now - ages.tasks->count()) : std::nullopt;
    };
    storage::EndedFilter filter;
    filter.before_ms = limit_of(policy_.fallback);
    for (const auto& [tenant, ages] : policy_.tenants)
        filter.of_tenant[tenant] = limit_of(ages);
    filter.limit = kTasksAtOnce;
    while (true) {
        const Result<std::vector<storage::EndedTask>> ended =
            co_await store_call(parts_.store, &TaskStore::list_ended, filter);
        if (!ended) co_return ended.error();
        if (ended->empty()) co_return Result<void>();
        for (const storage::EndedTask& task : *ended) {
            const Result<void> removed = co_await remove_task(task, report);
            if (!removed) co_return removed.error();
        }
    }
}

runtime::Task<void> Sweeper::remove_task(const storage::EndedTask& task, SweepReport& report) {
    const Result<void> removed = co_await store_call(parts_.store, &TaskStore::remove, task.id);
    // Its owner may remove it, too.
    if (!removed && removed.error().code != ErrorCode::not_found) co_return removed.error();
    report.tasks += 1;
    const Result<storage::ObjectKey> folder =
        storage::ObjectKey::parse(format("{}/{}", task.tenant, task.id.text()));
    if (!folder) co_return Result<void>();
    const Result<Removed> pictures = co_await remove_objects(*folder);
    if (!pictures) co_return pictures.error();
    report.pictures += pictures->objects;
    report.bytes += pictures->bytes;
    co_return Result<void>();
}

runtime::Task<void> Sweeper::sweep_pictures(SweepReport& report) {
    using Folders = std::vector<AttemptFolder>;
    const auto pages = std::make_shared<AttemptFolderPages>(parts_.objects);
    while (!pages->is_over()) {
        std::function<Result<Folders>()> work = [pages] { return pages->next(); };
        const Result<Folders> folders =
            co_await parts_.blocking.run<Folders>(std::move(work), Deadline::never());
        if (!folders) co_return folders.error();
        for (const AttemptFolder& folder : *folders) {
            const Result<void> swept = co_await sweep_folder(folder, report);
            if (!swept) co_return swept.error();
        }
    }
    co_return Result<void>();
}

runtime::Task<void> Sweeper::sweep_folder(const AttemptFolder& folder, SweepReport& report) {
    const std::string tenant = folder.key.segments().front();
    const std::optional<std::chrono::milliseconds> limit = policy_.of(tenant).pictures;
    const std::int64_t age_ms = parts_.clock.wall_ms() - folder.newest_ms;
    const bool is_past_age = limit && age_ms > limit->count();
    const bool is_settled = age_ms > kOrphanAgeMs;
    if (!is_past_age && !is_settled) co_return Result<void>();
    const Result<domain::Task> task =
        co_await store_call(parts_.store, &TaskStore::get, folder.task);
    if (!task && task.error().code != ErrorCode::not_found) co_return task.error();
    const bool is_wanted = task && wants(owner_of(*task), folder);
    const bool is_over = task && domain::is_final(task->state);
    if (is_wanted && !(is_past_age && is_over)) co_return Result<void>();
    if (!is_wanted && !is_settled) co_return Result<void>();
    if (is_wanted && folder.attempt != kInputsAttempt) {
        const Result<void> noted =
            co_await store_call(parts_.store, &TaskStore::give_up_pictures, task->id);
        if (!noted) co_return noted.error();
    }
    const Result<Removed> removed = co_await remove_objects(folder.key);
    if (!removed) co_return removed.error();
    (is_wanted ? report.pictures : report.orphans) += removed->objects;
    report.bytes += removed->bytes;
    if (!is_wanted) log::info("swept what no task wants", {{"folder", folder.key.text()}});
    co_return Result<void>();
}

runtime::Task<Sweeper::Removed> Sweeper::remove_objects(storage::ObjectKey prefix) {
    std::function<Result<Removed>()> work = [&objects = parts_.objects,
                                             prefix]() -> Result<Removed> {
        DARKROOM_TRY_ASSIGN(const std::int64_t bytes, size_of(objects, prefix));
        DARKROOM_TRY_ASSIGN(const std::uint64_t count, objects.remove(prefix));
        return Removed{static_cast<std::int64_t>(count), bytes};
    };
    Result<Removed> removed =
        co_await parts_.blocking.run<Removed>(std::move(work), Deadline::never());
    co_return removed;
}

}  // namespace darkroom::control
