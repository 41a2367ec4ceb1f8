// SPDX-License-Identifier: Apache-2.0
#include "runtime/sleep.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace darkroom::runtime {
namespace asio = boost::asio;

asio::awaitable<void> sleep_until(Deadline deadline) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, deadline.time());
    constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
    co_await timer.async_wait(kToken);
}

asio::awaitable<void> yield_thread() {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
}

}  // namespace darkroom::runtime
