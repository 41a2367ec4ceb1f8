// SPDX-License-Identifier: Apache-2.0
#include "runtime/signals.h"

#include <csignal>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace darkroom::runtime {
namespace asio = boost::asio;

Task<int> wait_for_termination_signal() {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::signal_set signals(executor, SIGINT, SIGTERM);
    constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
    const auto [error, number] = co_await signals.async_wait(kToken);
    if (error) co_return Error{ErrorCode::cancelled, "stopped waiting for a signal"};
    co_return number;
}

}  // namespace darkroom::runtime
