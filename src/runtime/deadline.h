// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace darkroom::runtime {

/// The moment by which something must be over. A value, handed down through every call.
class Deadline {
  public:
    using Clock = std::chrono::steady_clock;

    static Deadline never() { return Deadline(Clock::time_point::max()); }
    static Deadline at(Clock::time_point time) { return Deadline(time); }
    /// `duration` from now; a duration too long for the clock is `never`.
    static Deadline after(std::chrono::milliseconds duration);

    [[nodiscard]] Clock::time_point time() const { return time_; }
    [[nodiscard]] bool is_never() const { return time_ == Clock::time_point::max(); }
    [[nodiscard]] bool has_passed() const { return !is_never() && Clock::now() >= time_; }
    /// Time left, never negative; milliseconds::max() for `never`.
    [[nodiscard]] std::chrono::milliseconds remaining() const;

    friend auto operator<=>(const Deadline&, const Deadline&) = default;

  private:
    explicit Deadline(Clock::time_point time) : time_(time) {}

    Clock::time_point time_;
};

}  // namespace darkroom::runtime
