// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/task_table.h"

#include <algorithm>
#include <tuple>

namespace darkroom::storage {
namespace {

bool matches(const TaskFilter& filter, const domain::Task& task) {
    if (filter.tenant && *filter.tenant != task.tenant) return false;
    return filter.states.empty() ||
           std::ranges::find(filter.states, task.state) != filter.states.end();
}

/// A suspect is leased alone or not at all, and ends the list.
std::size_t leasable(const std::vector<domain::Task*>& sorted, const ClaimRequest& request) {
    const auto suspect =
        std::ranges::find_if(sorted, [](const domain::Task* task) { return is_suspect(*task); });
    const auto before = static_cast<std::size_t>(suspect - sorted.begin());
    const bool is_first = suspect != sorted.end() && before == 0;
    const std::size_t most = is_first && request.takes_suspects ? 1 : before;
    return std::min(most, static_cast<std::size_t>(request.max_count));
}

bool serves(const ClaimRequest& request, const domain::Task& task) {
    return request.models.empty() ||
           std::ranges::find(request.models, task.model) != request.models.end();
}

}  // namespace

Result<Submitted> TaskTable::insert(domain::NewTask request, std::int64_t created_ms) {
    const std::pair key{request.tenant, request.idempotency_key};
    const bool has_key = !request.idempotency_key.empty();
    if (const auto first = by_key_.find(key); has_key && first != by_key_.end()) {
        const domain::Task& task = rows_.at(first->second);
        const bool is_same = task.body_hash == request.body_hash && task.kind == request.kind;
        if (is_same) return Submitted{task, /*is_new=*/false};
        return idempotency_key_reused();
    }
    if (by_id_.contains(request.id)) {
        return task_id_taken();
    }
    DARKROOM_TRY(check_bounds(request, queued_of(request.tenant)));
    const Sequence sequence = rows_.empty() ? 1 : rows_.rbegin()->first + 1;
    domain::Task task = domain::make_task(std::move(request), created_ms);
    by_id_.emplace(task.id, sequence);
    if (has_key) by_key_.emplace(key, sequence);
    rows_.emplace(sequence, task);
    log(domain::submitted_event(task));
    auto end = domain::event_of_change(domain::TaskState::queued, task, created_ms);
    if (end) log(*std::move(end));
    return Submitted{std::move(task), /*is_new=*/true};
}

QueuedWork TaskTable::queued_of(const std::string& tenant) const {
    QueuedWork queued;
    for (const auto& [sequence, task] : rows_) {
        if (task.tenant != tenant || task.state != domain::TaskState::queued) continue;
        queued.tasks += 1;
        queued.seconds += task.cost_s;
    }
    return queued;
}

domain::Task* TaskTable::find(const domain::TaskId& id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &rows_.at(found->second);
}

domain::Task* TaskTable::find(const TaskName& name) {
    const auto found = by_key_.find(std::pair(name.tenant, name.idempotency_key));
    return found == by_key_.end() ? nullptr : &rows_.at(found->second);
}

std::vector<domain::Task> TaskTable::list(const TaskFilter& filter) const {
    auto end = rows_.end();
    if (filter.before) {
        const auto found = by_id_.find(*filter.before);
        if (found == by_id_.end()) return {};
        end = rows_.find(found->second);
    }
    std::vector<domain::Task> page;
    const auto limit = static_cast<std::size_t>(filter.limit);
    while (end != rows_.begin() && page.size() < limit) {
        --end;
        if (!matches(filter, end->second)) continue;
        page.push_back(end->second);
        if (filter.with_payload) continue;
        page.back().request.clear();
        page.back().result.clear();
    }
    return page;
}

TaskCounts TaskTable::count(const CountFilter& filter) const {
    TaskCounts counts;
    for (const auto& [sequence, task] : rows_) {
        if (!filter.tenant || *filter.tenant == task.tenant) ++counts[task.state];
    }
    return counts;
}

std::vector<BacklogEntry> TaskTable::backlog(std::int64_t wall_ms) const {
    std::map<std::pair<std::string, std::int64_t>, BacklogEntry> groups;
    for (const auto& [sequence, task] : rows_) {
        if (!domain::is_claimable(task, wall_ms)) continue;
        BacklogEntry& entry = groups[{task.model, -std::int64_t{task.priority}}];
        const bool is_first = entry.tasks == 0;
        entry.model = task.model;
        entry.priority = task.priority;
        entry.tasks += 1;
        entry.cost_s += task.cost_s;
        entry.least_vft = is_first ? task.vft : std::min(entry.least_vft, task.vft);
        entry.oldest_ms = is_first ? task.created_ms : std::min(entry.oldest_ms, task.created_ms);
    }
    std::vector<BacklogEntry> entries;
    for (auto& [key, entry] : groups)
        entries.push_back(std::move(entry));
    return entries;
}

std::vector<domain::Task*> TaskTable::claimable(const ClaimRequest& request, std::int64_t wall_ms) {
    std::vector<domain::Task*> found;
    for (domain::Task* task : all()) {
        if (domain::is_claimable(*task, wall_ms) && serves(request, *task)) found.push_back(task);
    }
    std::ranges::stable_sort(found, [](const domain::Task* a, const domain::Task* b) {
        return std::tuple(-std::int64_t{a->priority}, a->vft) <
               std::tuple(-std::int64_t{b->priority}, b->vft);
    });
    found.resize(leasable(found, request));
    return found;
}

std::vector<domain::Task*> TaskTable::all() {
    std::vector<domain::Task*> tasks;
    for (auto& [sequence, task] : rows_)
        tasks.push_back(&task);
    return tasks;
}

void TaskTable::log(domain::TaskEvent event) {
    event.sequence = ++newest_event_;
    if (listener_) listener_(event);
    events_.emplace(event.sequence, std::move(event));
}

Result<void> TaskTable::remove(const domain::TaskId& id) {
    const domain::Task* task = find(id);
    if (task == nullptr) return no_such_task();
    if (!domain::is_final(task->state)) return task_not_final();
    domain::add_task(usage_row(removed_usage_, *task), *task);
    std::erase_if(events_, [&](const auto& entry) { return entry.second.task == id; });
    by_key_.erase(std::pair(task->tenant, task->idempotency_key));
    const auto place = by_id_.find(id);
    rows_.erase(place->second);
    by_id_.erase(place);
    return {};
}

std::vector<EndedTask> TaskTable::list_ended(const EndedFilter& filter) const {
    std::vector<EndedTask> ended;
    for (const auto& [sequence, task] : rows_) {
        const auto own = filter.of_tenant.find(task.tenant);
        const auto before = own == filter.of_tenant.end() ? filter.before_ms : own->second;
        if (!before || !task.finished_ms || *task.finished_ms >= *before) continue;
        ended.push_back({task.id, task.tenant, *task.finished_ms});
    }
    std::ranges::stable_sort(ended, [](const EndedTask& a, const EndedTask& b) {
        return std::tie(a.tenant, a.finished_ms) < std::tie(b.tenant, b.finished_ms);
    });
    const auto limit = static_cast<std::size_t>(filter.limit);
    if (ended.size() > limit) ended.erase(ended.begin() + filter.limit, ended.end());
    return ended;
}

std::vector<DrawnTask> TaskTable::list_drawn(const DrawnFilter& filter) const {
    std::vector<const domain::Task*> rows;
    for (const auto& [sequence, task] : rows_) {
        if (task.device_s > 0.0) rows.push_back(&task);
    }
    std::ranges::stable_sort(rows, {}, [](const domain::Task* task) { return task->finished_ms; });
    const auto limit = static_cast<std::size_t>(filter.limit);
    if (rows.size() > limit) rows.erase(rows.begin(), rows.end() - filter.limit);
    std::vector<DrawnTask> drawn;
    for (const domain::Task* task : rows) {
        const std::string& function = task->model.empty() ? task->kind : task->model;
        drawn.push_back({function, task->work_size, task->device_s});
    }
    return drawn;
}

EventPage TaskTable::events(const EventFilter& filter) const {
    EventPage page;
    page.newest = newest_event_;
    const auto limit = static_cast<std::size_t>(filter.limit);
    auto entry = events_.upper_bound(filter.after);
    for (; entry != events_.end() && page.events.size() < limit; ++entry) {
        const domain::TaskEvent& event = entry->second;
        if (filter.tenant && *filter.tenant != event.tenant) continue;
        if (filter.task && *filter.task != event.task) continue;
        page.events.push_back(event);
    }
    return page;
}

domain::Usage& TaskTable::usage_row(UsageRows& rows, const domain::Task& task) {
    const std::int64_t day = domain::usage_day(task);
    domain::Usage& row = rows[{task.tenant, day, task.model}];
    row.tenant = task.tenant;
    row.day = day;
    row.model = task.model;
    return row;
}

std::vector<domain::Usage> TaskTable::usage(const UsageFilter& filter) const {
    UsageRows rows = removed_usage_;
    for (const auto& [sequence, task] : rows_)
        domain::add_task(usage_row(rows, task), task);
    std::vector<domain::Usage> wanted;
    for (const auto& [key, row] : rows) {
        if (filter.tenant && *filter.tenant != row.tenant) continue;
        if (row.day >= filter.first_day && row.day <= filter.last_day) wanted.push_back(row);
    }
    return wanted;
}

}  // namespace darkroom::storage
