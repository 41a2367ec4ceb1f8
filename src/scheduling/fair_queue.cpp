// SPDX-License-Identifier: Apache-2.0
#include "scheduling/fair_queue.h"

#include <algorithm>

#include "base/check.h"

namespace darkroom::scheduling {

double FairQueue::Class::next_start(const std::string& tenant) const {
    const auto last = last_finish.find(tenant);
    return last == last_finish.end() ? now : std::max(now, last->second);
}

Tag FairQueue::stamp(const Share& share, double cost_s) {
    DARKROOM_CHECK(share.weight > 0 && cost_s > 0, "weight {}, cost {}", share.weight, cost_s);
    Class& own = classes_[share.priority];
    const double start = own.next_start(share.tenant);
    const Tag tag{start, start + cost_s / share.weight};
    own.last_finish[share.tenant] = tag.finish;
    return tag;
}

void FairQueue::advance(std::int32_t priority, double least_start) {
    Class& own = classes_[priority];
    if (least_start <= own.now) return;
    own.now = least_start;
    std::erase_if(own.last_finish, [&](const auto& entry) { return entry.second <= own.now; });
}

void FairQueue::correct(const Share& share, double seconds) {
    Class& own = classes_[share.priority];
    const double after = own.next_start(share.tenant) + seconds / share.weight;
    if (after > own.now) {
        own.last_finish[share.tenant] = after;
    } else {
        own.last_finish.erase(share.tenant);
    }
}

void FairQueue::restore(const Share& share, Tag tag) {
    double& last = classes_[share.priority].last_finish[share.tenant];
    last = std::max(last, tag.finish);
}

double FairQueue::virtual_time(std::int32_t priority) const {
    const auto found = classes_.find(priority);
    return found == classes_.end() ? 0.0 : found->second.now;
}

}  // namespace darkroom::scheduling
