// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace darkroom {

/// Time as the serving tower sees it; tests put a fake in its place.
class Clock {
  public:
    virtual ~Clock() = default;

    /// Milliseconds since the Unix epoch: for people.
    virtual std::int64_t wall_ms() = 0;
    /// Milliseconds that wall-clock jumps do not move and that count while suspended: for leases.
    virtual std::int64_t boot_ms() = 0;
    /// Identifies the boot that boot_ms counts from; a new one ends every lease.
    virtual std::string boot_id() = 0;
};

/// CLOCK_REALTIME, CLOCK_BOOTTIME and the kernel's boot id.
class SystemClock final : public Clock {
  public:
    std::int64_t wall_ms() override;
    std::int64_t boot_ms() override;
    std::string boot_id() override;
};

/// Moves only when told to.
class FakeClock final : public Clock {
  public:
    std::int64_t wall_ms() override { return now_ms; }
    std::int64_t boot_ms() override { return now_ms; }
    std::string boot_id() override { return boot; }

    std::int64_t now_ms = 1'700'000'000'000;
    std::string boot = "boot-1";
};

}  // namespace darkroom
