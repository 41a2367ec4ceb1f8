// SPDX-License-Identifier: Apache-2.0
#include "runtime/deadline.h"

#include <algorithm>

namespace darkroom::runtime {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

Deadline Deadline::after(milliseconds duration) {
    const Clock::time_point now = Clock::now();
    const auto room = duration_cast<milliseconds>(Clock::time_point::max() - now);
    if (duration >= room) return never();
    return Deadline(now + duration);
}

milliseconds Deadline::remaining() const {
    if (is_never()) return milliseconds::max();
    const Clock::time_point now = Clock::now();
    if (time_ <= now) return milliseconds::zero();
    return std::chrono::ceil<milliseconds>(time_ - now);
}

}  // namespace darkroom::runtime
