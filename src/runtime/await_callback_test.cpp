// SPDX-License-Identifier: Apache-2.0
#include "runtime/await_callback.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "runtime/block_on.h"
#include "runtime/blocking_pool.h"
#include "runtime/io_threads.h"

namespace darkroom::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Resumption {
    std::string value;
    bool same_thread = false;
};

/// Awaits an operation that another thread completes; notes where the coroutine resumed.
Task<Resumption> await_thread(std::jthread& thread) {
    const std::thread::id before = std::this_thread::get_id();
    Initiator<std::string> begin = [&thread](Callback<std::string> done) {
        thread = std::jthread([done] { done(std::string("from another thread")); });
    };
    DARKROOM_CO_TRY_ASSIGN(
        std::string value,
        co_await await_callback<std::string>(std::move(begin), Deadline::after(seconds(10))));
    Resumption resumption;
    resumption.value = std::move(value);
    resumption.same_thread = before == std::this_thread::get_id();
    co_return resumption;
}

Task<int> await_kept(Callback<int>& kept, Deadline deadline) {
    Initiator<int> begin = [&kept](Callback<int> done) { kept = std::move(done); };
    Result<int> result = co_await await_callback<int>(std::move(begin), deadline);
    co_return result;
}

Task<int> await_twice_told() {
    Initiator<int> begin = [](const Callback<int>& done) {
        done(1);
        done(2);
    };
    Result<int> result = co_await await_callback<int>(std::move(begin), Deadline::never());
    co_return result;
}

TEST(AwaitCallback, ResumesOnItsOwnExecutor) {
    IoThreads io(1);
    std::jthread thread;
    const Result<Resumption> resumption = block_on(io.executor(), await_thread(thread));
    EXPECT_EQ(resumption.value().value, "from another thread");
    EXPECT_TRUE(resumption.value().same_thread);
}

TEST(AwaitCallback, ACallBeforeTheWaitCountsAndASecondIsIgnored) {
    IoThreads io;
    EXPECT_EQ(block_on(io.executor(), await_twice_told()).value(), 1);
}

TEST(AwaitCallback, GivesUpAtTheDeadlineAndToleratesALateCall) {
    IoThreads io;
    Callback<int> kept;
    const Deadline deadline = Deadline::after(milliseconds(5));
    const Result<int> result = block_on(io.executor(), await_kept(kept, deadline));
    EXPECT_EQ(result.error().code, ErrorCode::deadline_exceeded);
    kept(7);
}

TEST(BlockingPool, RunsWorkElsewhereAndTurnsExceptionsIntoErrors) {
    IoThreads io;
    BlockingPool pool(2);
    const std::function<Result<std::thread::id>()> where = [] {
        return Result<std::thread::id>(std::this_thread::get_id());
    };
    const Deadline deadline = Deadline::after(seconds(10));
    const Result<std::thread::id> id = block_on(io.executor(), pool.run(where, deadline));
    EXPECT_NE(id.value(), std::this_thread::get_id());

    const std::function<Result<int>()> broken = []() -> Result<int> {
        throw std::runtime_error("disk on fire");
    };
    const Result<int> failed = block_on(io.executor(), pool.run(broken, deadline));
    EXPECT_EQ(failed.error().code, ErrorCode::internal);
    EXPECT_EQ(failed.error().message, "disk on fire");
}

}  // namespace
}  // namespace darkroom::runtime
