// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "control/attempt_folders.h"
#include "control/retention.h"
#include "runtime/blocking_pool.h"
#include "runtime/task_group.h"
#include "storage/object_store.h"
#include "storage/task_store.h"
#include "telemetry/metrics.h"

namespace darkroom::control {

/// What a sweeper works with; everything outlives it.
struct SweeperParts {
    storage::TaskStore& store;
    storage::ObjectStore& objects;
    /// One that nobody waits for: a listing takes a while.
    runtime::BlockingPool& blocking;
    telemetry::Metrics& metrics;
    Clock& clock;
};

/// What one round removed.
struct SweepReport {
    std::int64_t tasks = 0;
    /// Objects past their age, with or without their task.
    std::int64_t pictures = 0;
    /// Objects of attempts that no task wants, a day after they were stored.
    std::int64_t orphans = 0;
    /// Of all these objects.
    std::int64_t bytes = 0;
};

/// Removes tasks and pictures past their age, and pictures that were left behind. Works in small
/// steps, each an operation of the store like any other, so that nobody waits for it. A row goes
/// before its pictures: what a crash leaves behind is an orphan.
class Sweeper {
  public:
    Sweeper(boost::asio::any_io_executor executor, SweeperParts parts, RetentionPolicy policy);
    ~Sweeper();
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;

    /// Begins with a round at once, then one each period. Once.
    void start();

    /// One round. Fails as the stores do; what was removed before stays removed.
    runtime::Task<SweepReport> sweep();

  private:
    boost::asio::awaitable<void> run();
    struct Removed {
        std::int64_t objects = 0;
        std::int64_t bytes = 0;
    };

    runtime::Task<void> sweep_tasks(SweepReport& report);
    runtime::Task<void> remove_task(const storage::EndedTask& task, SweepReport& report);
    runtime::Task<void> sweep_pictures(SweepReport& report);
    runtime::Task<void> sweep_folder(const AttemptFolder& folder, SweepReport& report);
    runtime::Task<Removed> remove_objects(storage::ObjectKey prefix);
    void count(const SweepReport& report);

    SweeperParts parts_;
    RetentionPolicy policy_;
    telemetry::Counter tasks_;
    telemetry::Counter pictures_;
    telemetry::Counter orphans_;
    telemetry::Counter bytes_;
    runtime::TaskGroup group_;
};

}  // namespace darkroom::control
