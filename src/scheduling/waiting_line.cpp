// SPDX-License-Identifier: Apache-2.0
#include "scheduling/waiting_line.h"

#include <algorithm>
#include <utility>

namespace darkroom::scheduling {

bool WaitingLine::add(Waiting task) {
    if (ranks_.contains(task.id)) return false;
    if (task.arrival == 0) task.arrival = ++arrivals_;
    const Rank rank{-std::int64_t{task.share.priority}, task.tag.finish, task.arrival};
    ranks_.emplace(task.id, rank);
    starts_[task.share.priority].insert(task.tag.start);
    for (QueueLoad* load : {&load_, &load_by_tenant_[task.share.tenant]}) {
        load->tasks += 1;
        load->seconds += task.cost_s;
    }
    costs_.insert({rank, task.cost_s});
    if (!task.model.empty()) ranks_by_model_[task.model].insert(rank);
    line_.emplace(rank, std::move(task));
    return true;
}

std::optional<Waiting> WaitingLine::remove(const domain::TaskId& id) {
    const auto rank = ranks_.find(id);
    if (rank == ranks_.end()) return std::nullopt;
    auto node = line_.extract(rank->second);
    Waiting task = std::move(node.mapped());
    costs_.erase(rank->second);
    const auto of_model = ranks_by_model_.find(task.model);
    if (of_model != ranks_by_model_.end()) {
        of_model->second.erase(rank->second);
        if (of_model->second.empty()) ranks_by_model_.erase(of_model);
    }
    ranks_.erase(rank);
    std::multiset<double>& starts = starts_[task.share.priority];
    starts.erase(starts.find(task.tag.start));
    if (starts.empty()) starts_.erase(task.share.priority);
    QueueLoad& of_tenant = load_by_tenant_[task.share.tenant];
    for (QueueLoad* load : {&load_, &of_tenant}) {
        load->tasks -= 1;
        // Sums of what was added and taken away again need not end at 0.
        load->seconds = load->tasks == 0 ? 0.0 : std::max(0.0, load->seconds - task.cost_s);
    }
    if (of_tenant.tasks == 0) load_by_tenant_.erase(task.share.tenant);
    return task;
}

QueueLoad WaitingLine::load_of(const std::string& tenant) const {
    const auto found = load_by_tenant_.find(tenant);
    return found == load_by_tenant_.end() ? QueueLoad{} : found->second;
}

std::optional<double> WaitingLine::least_start(std::int32_t priority) const {
    const auto starts = starts_.find(priority);
    if (starts == starts_.end()) return std::nullopt;
    return *starts->second.begin();
}

std::optional<WaitingLine::Place> WaitingLine::place(const domain::TaskId& id) const {
    const auto rank = ranks_.find(id);
    if (rank == ranks_.end()) return std::nullopt;
    const QueueLoad before = costs_.before(rank->second);
    Place place{before.tasks, before.seconds, line_.at(rank->second).cost_s};
    for (const auto& [model, ranks] : ranks_by_model_) {
        if (*ranks.begin() <= rank->second) place.models.insert(model);
    }
    return place;
}

}  // namespace darkroom::scheduling
