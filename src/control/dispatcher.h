// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "control/progress_table.h"
#include "control/scheduler.h"
#include "domain/task.h"
#include "runtime/async_event.h"
#include "runtime/deadline.h"
#include "runtime/task.h"
#include "storage/task_store.h"

namespace darkroom::control {

/// A task to submit, and what progress needs to know of it.
struct Submission {
    domain::NewTask task;
    std::int64_t iterations = 1;
    std::int64_t batch_size = 1;
    /// What its device time depends on; without a function, that is its checkpoint or its kind.
    scheduling::Work work = {};
    /// Its tenant's share of the device: 2 gets twice as much as 1.
    double weight = 1.0;
};

/// Where tasks enter, are waited for and end: joins the store, which is the truth, with those who
/// wait for news of it. Thread-safe.
class Dispatcher {
  public:
    /// Both must outlive it.
    Dispatcher(storage::TaskStore& store, Clock& clock, SchedulerOptions scheduling = {})
        : store_(store), scheduler_(clock, std::move(scheduling)) {}

    [[nodiscard]] storage::TaskStore& store() { return store_; }
    [[nodiscard]] ProgressTable& progress() { return progress_; }
    [[nodiscard]] Scheduler& scheduler() { return scheduler_; }

    /// The device seconds that the row of a task would say if it were submitted now.
    [[nodiscard]] double predict(const Submission& submission);

    /// Predicts what a task costs, gives it its place among those of other tenants, commits it (or
    /// finds the one that was submitted under the same key) and wakes the agents. Fails as
    /// TaskStore::submit, and with resource_exhausted when too much waits (Scheduler::admit).
    runtime::Task<domain::Task> submit(Submission submission);

    /// Takes up tasks that were queued before this process began, oldest first.
    void adopt(const std::vector<domain::Task>& queued);

    /// Waits until the task is final and returns its row. Fails with unavailable when the server
    /// drains before an agent took the task, which stays in the queue then.
    runtime::Task<domain::Task> wait_until_final(domain::TaskId id, runtime::Deadline deadline);

    /// Cancels a task for good: when this succeeds, the task is final. One that waits ends at once;
    /// one that is drawn (`requested`) too, and its agent is told to stop at its next step. What
    /// ended before stays as it was (`already_final`). Fails with not_found, or as the store does:
    /// the task may then end as cancelled later, and the call may be repeated.
    runtime::Task<domain::CancelOutcome> cancel(domain::TaskId id);

    /// Fires when there may be something new to claim.
    [[nodiscard]] const runtime::AsyncEvent& queue_changed() const { return queue_changed_; }
    void wake_agents() { queue_changed_.notify_all(); }

    /// For log lines: the trace id of a task that waits or is drawn; empty of any other.
    [[nodiscard]] std::string trace_id(const domain::TaskId& id);

    // Told by the agents' side.
    void task_taken(const domain::TaskId& id);
    void task_put_back(const domain::TaskId& id);
    void task_ended(const domain::TaskId& id);
    void leases_ended(const storage::EndedLeases& ended);
    /// Ends an attempt at a task whose cancel was requested; nothing happens when it ended before.
    runtime::Task<void> end_cancelled(domain::LeaseToken token);

    /// Tells an agent to stop drawing an attempt that was cancelled. Set once by the agents' side.
    void on_cancel(std::function<void(const domain::LeaseToken&)> handler);

    /// Asks the agents to finish these tasks early. Set once by the agents' side.
    void on_interrupt(std::function<void(const domain::TaskId&)> handler);
    /// Interrupts what the tenant has running, or only the task of that name.
    void interrupt(const std::string& tenant, const std::optional<std::string>& name);

    /// From now on nothing is handed out; who waits for a queued task is told so.
    void begin_drain();
    [[nodiscard]] bool is_draining() const { return draining_; }

  private:
    boost::asio::awaitable<void> take_up(domain::Task earlier, LiveTask live);
    boost::asio::awaitable<bool> was_submitted(const domain::NewTask& task);
    std::shared_ptr<runtime::AsyncEvent> watch(const domain::TaskId& id);

    storage::TaskStore& store_;
    ProgressTable progress_;
    Scheduler scheduler_;
    runtime::AsyncEvent queue_changed_;
    Guarded<std::map<std::string, std::weak_ptr<runtime::AsyncEvent>>> watches_;
    Guarded<std::function<void(const domain::TaskId&)>> interrupt_handler_;
    Guarded<std::function<void(const domain::LeaseToken&)>> cancel_handler_;
    std::atomic<bool> draining_ = false;
};

}  // namespace darkroom::control
