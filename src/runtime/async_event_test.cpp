// SPDX-License-Identifier: Apache-2.0
#include "runtime/async_event.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"

namespace darkroom::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

boost::asio::awaitable<void> count_after(const AsyncEvent& event, std::atomic<int>& woken) {
    const Result<void> waited = co_await event.wait(0, Deadline::never());
    if (waited.has_value()) ++woken;
}

Task<int> wait_for_value(AsyncEvent& event, const std::atomic<int>& value, int wanted) {
    for (;;) {
        const std::uint64_t seen = event.count();
        if (value >= wanted) co_return value.load();
        DARKROOM_CO_TRY(co_await event.wait(seen, Deadline::after(seconds(10))));
    }
}

TEST(AsyncEvent, WakesEveryWaiter) {
    IoThreads io(2);
    AsyncEvent event;
    std::atomic<int> woken{0};
    TaskGroup group(io.executor());
    for (int i = 0; i < 20; ++i)
        group.spawn(count_after(event, woken));
    event.notify_all();
    group.wait();
    EXPECT_EQ(woken, 20);
}

TEST(AsyncEvent, AnAnnouncementBeforeTheWaitIsNotLost) {
    IoThreads io;
    AsyncEvent event;
    event.notify_all();
    EXPECT_TRUE(event.has_fired());
    EXPECT_TRUE(block_on(io.executor(), event.wait(0, Deadline::after(seconds(10)))));
}

TEST(AsyncEvent, WaitEndsAtItsDeadline) {
    IoThreads io;
    AsyncEvent event;
    const Result<void> waited =
        block_on(io.executor(), event.wait(0, Deadline::after(milliseconds(5))));
    EXPECT_EQ(waited.error().code, ErrorCode::deadline_exceeded);
}

TEST(AsyncEvent, CheckThenWaitMissesNoUpdateFromAnotherThread) {
    IoThreads io(2);
    for (int round = 0; round < 50; ++round) {
        AsyncEvent event;
        std::atomic<int> value{0};
        std::jthread producer([&] {
            for (int i = 0; i < 20; ++i) {
                ++value;
                event.notify_all();
            }
        });
        const Result<int> seen = block_on(io.executor(), wait_for_value(event, value, 20));
        EXPECT_EQ(seen.value(), 20);
    }
}

TEST(AsyncEvent, WaitAnyTellsWhichFired) {
    IoThreads io;
    AsyncEvent first;
    AsyncEvent second;
    second.notify_all();
    std::vector<Watch> watches;
    watches.emplace_back(first, 0);
    watches.emplace_back(second, 0);
    const Deadline deadline = Deadline::after(seconds(10));
    const Result<std::size_t> index = block_on(io.executor(), wait_any(watches, deadline));
    EXPECT_EQ(index.value(), 1U);
}

TEST(Sleep, EndsAtTheDeadline) {
    IoThreads io;
    TaskGroup group(io.executor());
    const auto begin = std::chrono::steady_clock::now();
    group.spawn(sleep_until(Deadline::after(milliseconds(20))));
    group.wait();
    EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(19));
}

}  // namespace
}  // namespace darkroom::runtime
