// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace darkroom::storage {

/// Receives the outcome of an operation, exactly once. Must be quick, must neither block nor throw:
/// it runs on the thread that serves everybody. Post to an executor to go on elsewhere.
template <class T>
using Completion = std::function<void(Result<T>)>;

/// Runs `start(completion)` and blocks until the completion was called.
template <class T, class Start>
Result<T> wait(Start&& start) {
    // Shared, because set_value may still touch the promise when the waiter is already gone.
    auto promise = std::make_shared<std::promise<Result<T>>>();
    std::future<Result<T>> outcome = promise->get_future();
    std::forward<Start>(start)(
        Completion<T>([promise](Result<T> result) { promise->set_value(std::move(result)); }));
    return outcome.get();
}

/// `wait(store, &TaskStore::get, id)`: the blocking form of one operation, for tests and the
/// command line. Never call it from a completion.
template <class Port, class T, class Request>
Result<T> wait(
    std::type_identity_t<Port>& port,
    void (Port::*operation)(Request, Completion<T>),
    std::type_identity_t<Request> request) {
    return wait<T>(
        [&](Completion<T> done) { (port.*operation)(std::move(request), std::move(done)); });
}

template <class Port, class T>
Result<T> wait(std::type_identity_t<Port>& port, void (Port::*operation)(Completion<T>)) {
    return wait<T>([&](Completion<T> done) { (port.*operation)(std::move(done)); });
}

}  // namespace darkroom::storage
