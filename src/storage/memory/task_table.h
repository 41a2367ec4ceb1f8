// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "domain/task.h"
#include "storage/task_requests.h"

namespace darkroom::storage {

/// The task rows of InMemoryTaskStore in the order of submission, with their unique keys.
class TaskTable {
  public:
    /// See TaskStore::submit.
    Result<Submitted> insert(domain::NewTask request, std::int64_t created_ms);

    /// nullptr when there is none.
    domain::Task* find(const domain::TaskId& id);
    domain::Task* find(const TaskName& name);

    [[nodiscard]] std::vector<domain::Task> list(const TaskFilter& filter) const;
    [[nodiscard]] TaskCounts count(const CountFilter& filter) const;

    /// See TaskStore::backlog.
    [[nodiscard]] std::vector<BacklogEntry> backlog(std::int64_t wall_ms) const;

    /// Rows an agent may claim now, best first, at most `request.max_count`.
    std::vector<domain::Task*> claimable(const ClaimRequest& request, std::int64_t wall_ms);

    /// Every row, oldest first.
    std::vector<domain::Task*> all();

    /// Applies a lifecycle function to a row and logs the change of its state.
    template <class Change>
    auto change(domain::Task& task, std::int64_t wall_ms, Change change) {
        const domain::TaskState before = task.state;
        const auto outcome = change(task);
        if (auto event = domain::event_of_change(before, task, wall_ms)) log(*std::move(event));
        return outcome;
    }

    /// Told of every event as it is logged; set before the first.
    void on_event(std::function<void(const domain::TaskEvent&)> listener) {
        listener_ = std::move(listener);
    }

    /// See TaskStore.
    Result<void> remove(const domain::TaskId& id);
    [[nodiscard]] std::vector<EndedTask> list_ended(const EndedFilter& filter) const;
    [[nodiscard]] std::vector<DrawnTask> list_drawn(const DrawnFilter& filter) const;
    [[nodiscard]] EventPage events(const EventFilter& filter) const;
    [[nodiscard]] std::vector<domain::Usage> usage(const UsageFilter& filter) const;

  private:
    [[nodiscard]] QueuedWork queued_of(const std::string& tenant) const;

    using Sequence = std::int64_t;
    using UsageRows = std::map<std::tuple<std::string, std::int64_t, std::string>, domain::Usage>;

    void log(domain::TaskEvent event);
    static domain::Usage& usage_row(UsageRows& rows, const domain::Task& task);

    std::map<Sequence, domain::Task> rows_;
    std::map<domain::TaskId, Sequence> by_id_;
    std::map<std::pair<std::string, std::string>, Sequence> by_key_;
    std::map<Sequence, domain::TaskEvent> events_;
    Sequence newest_event_ = 0;
    std::function<void(const domain::TaskEvent&)> listener_;
    /// Of tasks that were removed.
    UsageRows removed_usage_;
};

}  // namespace darkroom::storage
