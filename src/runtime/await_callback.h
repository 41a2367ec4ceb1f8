// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/guarded.h"
#include "runtime/async_event.h"
#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::runtime {

/// Told once how an operation ended, on any thread; later calls are ignored.
template <class T>
using Callback = std::function<void(Result<T>)>;

/// Starts an operation, handing it the callback to report to.
template <class T>
using Initiator = std::function<void(Callback<T>)>;

namespace detail {

template <class T>
struct CallbackSlot {
    Guarded<std::optional<Result<T>>> result;
    AsyncEvent filled;
};

}  // namespace detail

/// Awaits an operation that reports through a callback, such as work on another thread. The caller
/// resumes on its own executor. At the deadline, or when the caller is cancelled, it stops waiting
/// with deadline_exceeded or cancelled; the operation itself goes on.
///
/// The initiator must be a named object (the GCC 12 rule of runtime/task.h):
///
///   Initiator<Row> begin = [&writer, key](Callback<Row> done) { writer.post(key, done); };
///   const Result<Row> row = co_await await_callback<Row>(std::move(begin), deadline);
template <class T>
Task<T> await_callback(Initiator<T> initiator, Deadline deadline) {
    const auto slot = std::make_shared<detail::CallbackSlot<T>>();
    Callback<T> done = [slot](Result<T> result) {
        {
            const auto stored = slot->result.lock();
            if (stored->has_value()) return;
            stored->emplace(std::move(result));
        }
        slot->filled.notify_all();
    };
    initiator(std::move(done));
    const Result<void> waited = co_await slot->filled.wait(0, deadline);
    if (!waited.has_value()) co_return waited.error();
    std::optional<Result<T>> result;
    result.swap(*slot->result.lock());
    co_return std::move(*result);
}

}  // namespace darkroom::runtime
