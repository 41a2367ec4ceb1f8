// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
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

  private:
    using Sequence = std::int64_t;

    std::map<Sequence, domain::Task> rows_;
    std::map<domain::TaskId, Sequence> by_id_;
    std::map<std::pair<std::string, std::string>, Sequence> by_key_;
};

}  // namespace darkroom::storage
