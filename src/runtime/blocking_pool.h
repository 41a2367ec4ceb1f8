// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/await_callback.h"
#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::runtime {

/// Threads for work that would hold up an io thread: files, image codecs, name look-ups.
class BlockingPool {
  public:
    explicit BlockingPool(int threads = 2);
    /// Finishes the work already running; work still queued is dropped.
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    /// Runs `work` on a pool thread. An exception from it becomes Error{internal}. At the deadline
    /// the caller stops waiting; the work goes on, so it must own what it uses. `work` must be a
    /// named object moved in (the GCC 12 rule of runtime/task.h).
    template <class T>
    Task<T> run(std::function<Result<T>()> work, Deadline deadline) {
        Initiator<T> begin = [this, work = std::move(work)](Callback<T> done) {
            post([work, done] { done(guarded_call(work)); });
        };
        Result<T> result = co_await await_callback<T>(std::move(begin), deadline);
        co_return result;
    }

  private:
    template <class T>
    static Result<T> guarded_call(const std::function<Result<T>()>& work) {
        try {
            return work();
        } catch (const std::exception& failure) {
            return Error{ErrorCode::internal, failure.what()};
        }
    }

    void post(std::function<void()> work);

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace darkroom::runtime
