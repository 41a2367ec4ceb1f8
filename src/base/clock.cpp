// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <ctime>
#include <fstream>

namespace darkroom {
namespace {

std::int64_t milliseconds(clockid_t id) {
    std::timespec now{};
    ::clock_gettime(id, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::int64_t SystemClock::wall_ms() {
    return milliseconds(CLOCK_REALTIME);
}

std::int64_t SystemClock::boot_ms() {
    return milliseconds(CLOCK_BOOTTIME);
}

std::string SystemClock::boot_id() {
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    return id;
}

}  // namespace darkroom
