// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include "runtime/task.h"
#include "runtime/task_group.h"

namespace darkroom::runtime {
namespace detail {

template <class T>
boost::asio::awaitable<void> keep_result(Task<T> task, std::optional<Result<T>>& slot) {
    Result<T> result = co_await std::move(task);
    slot.emplace(std::move(result));
}

}  // namespace detail

/// Runs a task to its end from a thread that is not an io thread: main, the command line, tests.
/// Fails with internal when the task threw (which is logged), cancelled when the threads stopped.
template <class T>
Result<T> block_on(const boost::asio::any_io_executor& executor, Task<T> task) {
    std::optional<Result<T>> slot;
    TaskGroup group(executor);
    group.spawn(detail::keep_result<T>(std::move(task), slot));
    group.wait();
    if (slot.has_value()) return *std::move(slot);
    if (group.size() > 0) return Error{ErrorCode::cancelled, "the io threads were stopped"};
    return Error{ErrorCode::internal, "the task ended with an exception"};
}

}  // namespace darkroom::runtime
