// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::runtime {

/// A condition that coroutines wait for and any thread announces. Counting the announcements makes
/// it safe to check first and wait afterwards:
///
///   for (;;) {
///       const std::uint64_t seen = event.count();
///       if (ready()) break;
///       DARKROOM_CO_TRY(co_await event.wait(seen, deadline));
///   }
///
/// An event that fires once is waited for with `wait(0, deadline)`. Thread-safe.
class AsyncEvent {
  public:
    struct State;

    AsyncEvent();
    ~AsyncEvent();
    AsyncEvent(const AsyncEvent&) = delete;
    AsyncEvent& operator=(const AsyncEvent&) = delete;

    /// Number of notify_all calls so far.
    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] bool has_fired() const { return count() > 0; }

    /// Waits until count() is more than `seen`. Fails with deadline_exceeded, or cancelled when the
    /// waiting coroutine is. The event may die while it is waited for.
    Task<void> wait(std::uint64_t seen, Deadline deadline) const;

    /// Resumes every waiter, each on its own executor.
    void notify_all();

  private:
    friend class Watch;

    std::shared_ptr<State> state_;
};

/// One event among several to wait for, and what was already seen of it.
class Watch {
  public:
    Watch(const AsyncEvent& event, std::uint64_t seen) : state_(event.state_), seen_(seen) {}

    [[nodiscard]] AsyncEvent::State& state() const { return *state_; }
    [[nodiscard]] std::uint64_t seen() const { return seen_; }

  private:
    std::shared_ptr<AsyncEvent::State> state_;
    std::uint64_t seen_;
};

/// Waits for the first of several events and returns its index. Fails as AsyncEvent::wait.
Task<std::size_t> wait_any(std::vector<Watch> watches, Deadline deadline);

}  // namespace darkroom::runtime
