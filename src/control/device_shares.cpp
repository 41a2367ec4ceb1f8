// SPDX-License-Identifier: Apache-2.0
#include "control/device_shares.h"

#include <algorithm>

namespace darkroom::control {

void DeviceShares::share_until(std::int64_t boot_ms) {
    const double passed = static_cast<double>(boot_ms - shared_until_ms_) / 1'000.0;
    shared_until_ms_ = boot_ms;
    if (seconds_.empty()) {
        unused_s_ = 0.0;
        return;
    }
    // What was unused may lie before the last change of who is held.
    const double used = passed - unused_s_;
    unused_s_ = 0.0;
    const double part = used / static_cast<double>(seconds_.size());
    for (auto& [task, seconds] : seconds_)
        seconds = std::max(0.0, seconds + part);
}

void DeviceShares::begin(const std::string& task, std::int64_t boot_ms) {
    share_until(boot_ms);
    seconds_.emplace(task, 0.0);
}

double DeviceShares::end(const std::string& task, std::int64_t boot_ms) {
    share_until(boot_ms);
    const auto found = seconds_.find(task);
    if (found == seconds_.end()) return 0.0;
    const double seconds = found->second;
    seconds_.erase(found);
    return seconds;
}

void DeviceShares::deduct(double seconds) {
    unused_s_ += seconds;
}

}  // namespace darkroom::control
