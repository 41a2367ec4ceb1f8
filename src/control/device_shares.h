// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace darkroom::control {

/// Shares an agent's time out among the tasks that it holds at once: each gets an equal part of the
/// time that they are held together. Not thread-safe.
class DeviceShares {
  public:
    void begin(const std::string& task, std::int64_t boot_ms);
    /// Device seconds of the task, which is held no longer; 0 for one that was not.
    double end(const std::string& task, std::int64_t boot_ms);
    /// So many seconds, which just passed, were used by none of the tasks.
    void deduct(double seconds);

  private:
    void share_until(std::int64_t boot_ms);

    std::map<std::string, double> seconds_;
    std::int64_t shared_until_ms_ = 0;
    /// Of the time that is shared out next.
    double unused_s_ = 0.0;
};

}  // namespace darkroom::control
