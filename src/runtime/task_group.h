// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::runtime {

/// Coroutines that run beside their owner and end before it does. The only place that spawns.
///
/// Each member runs on a strand of its own, so one member never runs on two threads at once. An
/// exception that leaves a member is logged and ends that member only; being cancelled is silent.
/// All operations are thread-safe.
class TaskGroup {
  public:
    /// `executor` comes from an IoThreads that outlives the group.
    explicit TaskGroup(boost::asio::any_io_executor executor);

    /// Cancels the members and waits for them. Blocks, so on an io thread the process is ended
    /// unless the group is empty: own groups in objects that main destroys, not in coroutines.
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts a member.
    void spawn(boost::asio::awaitable<void> member);
    /// Starts a member on a strand that its sockets and timers already use.
    void spawn_on(boost::asio::any_io_executor strand, boost::asio::awaitable<void> member);

    /// Asks today's members to end: what each awaits is abandoned, and awaiting again throws.
    void cancel();

    /// Waits until there are no members. Fails with deadline_exceeded, members still running. When
    /// the waiting coroutine is cancelled, the members are too, and the wait goes on.
    Task<void> join(Deadline deadline);

    /// Blocks until there are no members or the io threads were stopped; not on an io thread.
    void wait();

    [[nodiscard]] std::size_t size() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace darkroom::runtime
