// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace darkroom::runtime {

/// The io threads: they run every coroutine of the serving tower. Nothing on them blocks, or
/// computes for more than about a millisecond.
///
/// Declare it before the task groups that use it, so that it is destroyed after them.
class IoThreads {
  public:
    /// Starts 1 to 4 threads.
    explicit IoThreads(int threads = 1);
    /// Stops; coroutines that have not finished are destroyed where they stand.
    ~IoThreads();
    IoThreads(const IoThreads&) = delete;
    IoThreads& operator=(const IoThreads&) = delete;

    [[nodiscard]] boost::asio::any_io_executor executor() const;

    /// Lets each thread finish its current step and joins them (not when called on one of them).
    /// Coroutines stay suspended until the destructor.
    void stop();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace darkroom::runtime
