// SPDX-License-Identifier: Apache-2.0
#include "control/progress_table.h"

#include <algorithm>

namespace darkroom::control {
namespace {

LiveTask* find_by_id(std::list<LiveTask>& tasks, const std::string& id) {
    const auto found =
        std::ranges::find_if(tasks, [&](const LiveTask& task) { return task.id.text() == id; });
    return found == tasks.end() ? nullptr : &*found;
}

}  // namespace

bool ProgressTable::add(LiveTask task) {
    const auto tasks = tasks_.lock();
    if (find_by_id(*tasks, task.id.text()) != nullptr) return false;
    tasks->push_back(std::move(task));
    return true;
}

void ProgressTable::set_created(const domain::TaskId& id, std::int64_t created_ms) {
    const auto tasks = tasks_.lock();
    LiveTask* task = find_by_id(*tasks, id.text());
    if (task != nullptr) task->created_ms = created_ms;
}

void ProgressTable::remove(const domain::TaskId& id) {
    const auto tasks = tasks_.lock();
    tasks->remove_if([&](const LiveTask& task) { return task.id == id; });
}

void ProgressTable::hold(const domain::TaskId& id) {
    const auto tasks = tasks_.lock();
    LiveTask* task = find_by_id(*tasks, id.text());
    if (task == nullptr) return;
    task->is_held = true;
    task->began = std::chrono::steady_clock::now();
    task->progress = {};
}

void ProgressTable::release(const domain::TaskId& id) {
    const auto tasks = tasks_.lock();
    LiveTask* task = find_by_id(*tasks, id.text());
    if (task != nullptr) task->is_held = false;
}

std::optional<std::string> ProgressTable::update(const cluster::Progress& progress) {
    const auto tasks = tasks_.lock();
    LiveTask* task = find_by_id(*tasks, progress.id.task);
    if (task == nullptr) return std::nullopt;
    task->progress = progress;
    return task->tenant;
}

std::vector<domain::TaskId> ProgressTable::interrupt(
    const std::string& tenant, const std::optional<std::string>& name) {
    std::vector<domain::TaskId> ids;
    const auto tasks = tasks_.lock();
    for (LiveTask& task : *tasks) {
        if (task.tenant != tenant || !task.is_held || (name && task.name != *name)) continue;
        task.is_interrupted = true;
        ids.push_back(task.id);
    }
    return ids;
}

std::optional<LiveTask> ProgressTable::find(
    const std::string& tenant, const std::optional<std::string>& name) {
    const LiveTask* waiting = nullptr;
    const auto tasks = tasks_.lock();
    for (const LiveTask& task : *tasks) {
        if (task.tenant != tenant || (name && task.name != *name)) continue;
        if (task.is_held) return task;
        if (waiting == nullptr) waiting = &task;
    }
    if (waiting == nullptr) return std::nullopt;
    return *waiting;
}

std::optional<LiveTask> ProgressTable::find(const domain::TaskId& id) {
    const auto tasks = tasks_.lock();
    const LiveTask* task = find_by_id(*tasks, id.text());
    if (task == nullptr) return std::nullopt;
    return *task;
}

}  // namespace darkroom::control
