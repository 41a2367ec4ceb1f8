// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace darkroom::control {

/// Says in which rounds of the reaper leases and silent agents may be judged.
///
/// While the machine was suspended or the server stopped (SIGSTOP), leases went on to run out, but
/// nobody could renew them. After such a gap between two rounds everybody gets the time of a whole
/// lease to be heard again.
class ReaperRounds {
  public:
    struct Times {
        /// What lies between two rounds that nothing held up.
        std::int64_t period_ms = 0;
        std::int64_t lease_ms = 0;
    };

    /// `clock` outlives the object.
    ReaperRounds(Clock& clock, Times times);

    /// Called once a round.
    bool may_judge();

  private:
    Clock& clock_;
    Times times_;
    std::int64_t last_round_ms_;
    std::int64_t judges_from_ms_;
};

}  // namespace darkroom::control
