// SPDX-License-Identifier: Apache-2.0
#include "control/reaper_rounds.h"

namespace darkroom::control {
namespace {

/// Periods between two rounds that a busy machine explains; more is a gap. Together they are less
/// than what is left of a lease that is renewed in time, which a shorter gap cannot end.
constexpr std::int64_t kPeriodsOfAGap = 3;

}  // namespace

ReaperRounds::ReaperRounds(Clock& clock, Times times)
    : clock_(clock),
      times_(times),
      last_round_ms_(clock.boot_ms()),
      judges_from_ms_(last_round_ms_) {}

bool ReaperRounds::may_judge() {
    const std::int64_t now = clock_.boot_ms();
    const bool is_gap = now - last_round_ms_ > kPeriodsOfAGap * times_.period_ms;
    last_round_ms_ = now;
    if (is_gap) judges_from_ms_ = now + times_.lease_ms;
    return now >= judges_from_ms_;
}

}  // namespace darkroom::control
