// SPDX-License-Identifier: Apache-2.0
#include "runtime/signals.h"

#include <atomic>
#include <chrono>
#include <csignal>

#include <gtest/gtest.h>

#include "runtime/async_event.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"

namespace darkroom::runtime {
namespace {

boost::asio::awaitable<void> note_signal(std::atomic<int>& number) {
    const Result<int> received = co_await wait_for_termination_signal();
    if (received.has_value()) number = received.value();
}

/// SIGTERM ends the process until the waiting coroutine has installed its handler.
bool handler_installed() {
    struct sigaction action {};
    sigaction(SIGTERM, nullptr, &action);
    return action.sa_handler != SIG_DFL;
}

Task<void> wait_for_handler() {
    const Deadline deadline = Deadline::after(std::chrono::seconds(10));
    while (!handler_installed()) {
        if (deadline.has_passed()) co_return Error{ErrorCode::deadline_exceeded, "no handler"};
        co_await yield_thread();
    }
    co_return Result<void>();
}

TEST(TerminationSignal, IsReported) {
    IoThreads io;
    std::atomic<int> number{0};
    TaskGroup group(io.executor());
    group.spawn(note_signal(number));
    ASSERT_TRUE(block_on(io.executor(), wait_for_handler()));
    std::raise(SIGTERM);
    group.wait();
    EXPECT_EQ(number, SIGTERM);
    EXPECT_FALSE(handler_installed());
}

}  // namespace
}  // namespace darkroom::runtime
