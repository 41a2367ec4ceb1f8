// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "scheduling/cost_model.h"

namespace darkroom::scheduling {

/// What tags are stamped with: predictions that do not jump while tasks wait that were stamped with
/// them. Otherwise a flood that came before its cost was learned would stand in virtual time as if
/// it were next to nothing, and whoever came later would wait for all of it. A value; not
/// thread-safe.
class TagCosts {
  public:
    /// The cost of a task that now begins to wait, or of one that is put back.
    double join(const Work& work, const CostModel& costs);
    /// One task of the function waits no more.
    void leave(const std::string& function);

    /// CostModel::observe, from which on the costs of functions that wait move slowly.
    void observe(CostModel& costs, const Work& work, double seconds);

  private:
    struct Kept {
        std::int64_t waiting = 0;
        Work newest;
        /// Of what tags cost to what is predicted.
        double log_ratio = 0.0;
    };

    std::map<std::string, Kept> functions_;
};

}  // namespace darkroom::scheduling
