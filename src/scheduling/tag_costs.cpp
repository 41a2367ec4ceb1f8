// SPDX-License-Identifier: Apache-2.0
#include "scheduling/tag_costs.h"

#include <cmath>
#include <vector>

namespace darkroom::scheduling {
namespace {

/// Each task that joins moves the costs of its function by so much towards what was learned: a
/// queue that is never empty gets there, too.
constexpr double kKept = 0.99;

}  // namespace

double TagCosts::join(const Work& work, const CostModel& costs) {
    Kept& kept = functions_[work.function];
    kept.waiting += 1;
    kept.newest = work;
    kept.log_ratio *= kKept;
    return costs.predict(work) * std::exp(kept.log_ratio);
}

void TagCosts::leave(const std::string& function) {
    const auto kept = functions_.find(function);
    if (kept == functions_.end()) return;
    kept->second.waiting -= 1;
    if (kept->second.waiting <= 0) functions_.erase(kept);
}

void TagCosts::observe(CostModel& costs, const Work& work, double seconds) {
    std::vector<double> before;
    for (const auto& [name, kept] : functions_)
        before.push_back(costs.predict(kept.newest));
    costs.observe(work, seconds);
    auto old = before.begin();
    for (auto& [name, kept] : functions_)
        kept.log_ratio += std::log(*old++ / costs.predict(kept.newest));
}

}  // namespace darkroom::scheduling
