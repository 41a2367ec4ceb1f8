// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "runtime/await_callback.h"
#include "storage/task_store.h"

namespace darkroom::control {

/// Runs one operation of a store and resumes on the caller's executor with its outcome:
///
///   Task task = co_await store_call(store, &TaskStore::get, id);
template <class Port, class T, class Request>
runtime::Task<T> store_call(
    std::type_identity_t<Port>& store,
    void (Port::*operation)(Request, storage::Completion<T>),
    std::type_identity_t<Request> request) {
    runtime::Initiator<T> begin =
        [&store, operation, request = std::move(request)](runtime::Callback<T> done) mutable {
            (store.*operation)(std::move(request), std::move(done));
        };
    Result<T> outcome =
        co_await runtime::await_callback<T>(std::move(begin), runtime::Deadline::never());
    co_return outcome;
}

template <class Port, class T>
runtime::Task<T> store_call(
    std::type_identity_t<Port>& store, void (Port::*operation)(storage::Completion<T>)) {
    runtime::Initiator<T> begin = [&store, operation](runtime::Callback<T> done) {
        (store.*operation)(std::move(done));
    };
    Result<T> outcome =
        co_await runtime::await_callback<T>(std::move(begin), runtime::Deadline::never());
    co_return outcome;
}

}  // namespace darkroom::control
