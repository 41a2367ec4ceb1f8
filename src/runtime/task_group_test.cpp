// SPDX-License-Identifier: Apache-2.0
#include "runtime/task_group.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/async_event.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "runtime/sleep.h"

namespace darkroom::runtime {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Says in its destructor that the coroutine holding it is gone.
class Ended {
  public:
    explicit Ended(std::atomic<int>& count) : count_(count) {}
    ~Ended() { ++count_; }
    Ended(const Ended&) = delete;
    Ended& operator=(const Ended&) = delete;

  private:
    std::atomic<int>& count_;
};

awaitable<void> sleep_for_ever(std::atomic<int>& ended) {
    const Ended guard(ended);
    co_await sleep_until(Deadline::never());
    co_await sleep_until(Deadline::never());
}

awaitable<void> take_steps(int& counter, std::atomic<int>& ended) {
    const Ended guard(ended);
    for (int i = 0; i < 100; ++i) {
        ++counter;
        co_await yield_thread();
    }
}

awaitable<void> fail() {
    co_await yield_thread();
    throw std::runtime_error("the kettle boiled over");
}

awaitable<void> join_and_note(TaskGroup& group, std::atomic<int>& joined) {
    const Result<void> outcome = co_await group.join(Deadline::never());
    if (outcome.has_value()) ++joined;
}

/// Begins a member when the coroutine holding it ends.
class Successor {
  public:
    Successor(TaskGroup& group, std::atomic<int>& ended) : group_(group), ended_(ended) {}
    ~Successor() { group_.spawn(sleep_for_ever(ended_)); }
    Successor(const Successor&) = delete;
    Successor& operator=(const Successor&) = delete;

  private:
    TaskGroup& group_;
    std::atomic<int>& ended_;
};

awaitable<void> sleep_then_hand_on(TaskGroup& group, std::atomic<int>& ended) {
    const Successor successor(group, ended);
    co_await sleep_until(Deadline::never());
}

Task<int> answer() {
    co_await yield_thread();
    co_return 42;
}

Task<int> broken_answer() {
    co_await fail();
    co_return 1;
}

TEST(TaskGroup, AMemberThatBeginsAnotherOneAsItEndsHoldsNobodyUp) {
    IoThreads io(2);
    std::atomic<int> ended{0};
    {
        TaskGroup group(io.executor());
        group.spawn(sleep_then_hand_on(group, ended));
    }
    EXPECT_EQ(ended, 1);
}

TEST(TaskGroup, WaitEndsAfterEveryMember) {
    IoThreads io(2);
    TaskGroup group(io.executor());
    std::atomic<int> ended{0};
    int counters[8] = {};
    for (int& counter : counters)
        group.spawn(take_steps(counter, ended));
    group.wait();
    EXPECT_EQ(ended, 8);
    for (const int counter : counters)
        EXPECT_EQ(counter, 100);
    EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, DestructionCancelsAndJoins) {
    IoThreads io(2);
    std::atomic<int> ended{0};
    {
        TaskGroup group(io.executor());
        for (int i = 0; i < 10; ++i)
            group.spawn(sleep_for_ever(ended));
    }
    EXPECT_EQ(ended, 10);
}

TEST(TaskGroup, OutlivingStoppedThreadsDoesNotHang) {
    std::atomic<int> ended{0};
    {
        IoThreads io;
        TaskGroup group(io.executor());
        group.spawn(sleep_for_ever(ended));
        EXPECT_EQ(block_on(io.executor(), answer()).value(), 42);
        io.stop();
        group.wait();
    }
    EXPECT_EQ(ended, 1);
}

TEST(TaskGroup, AFailingMemberIsLoggedOnceAndHarmsNoOther) {
    IoThreads io;
    testing::internal::CaptureStderr();
    std::atomic<int> ended{0};
    int counter = 0;
    {
        TaskGroup group(io.executor());
        group.spawn(fail());
        group.spawn(take_steps(counter, ended));
        group.wait();
    }
    const std::string output = testing::internal::GetCapturedStderr();
    EXPECT_EQ(counter, 100);
    const std::string text = "the kettle boiled over";
    EXPECT_THAT(output, testing::HasSubstr(text));
    EXPECT_EQ(output.find(text), output.rfind(text));
}

TEST(TaskGroup, BeingCancelledIsSilent) {
    IoThreads io;
    testing::internal::CaptureStderr();
    std::atomic<int> ended{0};
    {
        TaskGroup group(io.executor());
        group.spawn(sleep_for_ever(ended));
        group.cancel();
        group.wait();
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(ended, 1);
}

TEST(TaskGroup, JoinFailsAtItsDeadline) {
    IoThreads io;
    std::atomic<int> ended{0};
    TaskGroup group(io.executor());
    group.spawn(sleep_for_ever(ended));
    const Result<void> outcome =
        block_on(io.executor(), group.join(Deadline::after(milliseconds(5))));
    EXPECT_EQ(outcome.error().code, ErrorCode::deadline_exceeded);
    EXPECT_EQ(group.size(), 1U);
}

TEST(TaskGroup, CancellingTheJoinerCancelsTheMembersAndStillJoins) {
    IoThreads io(2);
    std::atomic<int> ended{0};
    std::atomic<int> joined{0};
    TaskGroup members(io.executor());
    members.spawn(sleep_for_ever(ended));
    TaskGroup owner(io.executor());
    owner.spawn(join_and_note(members, joined));
    owner.cancel();
    owner.wait();
    EXPECT_EQ(members.size(), 0U);
    EXPECT_EQ(ended, 1);
}

TEST(BlockOn, GivesTheValue) {
    IoThreads io;
    EXPECT_EQ(block_on(io.executor(), answer()).value(), 42);
}

TEST(BlockOn, AnExceptionBecomesAnError) {
    IoThreads io;
    EXPECT_EQ(block_on(io.executor(), broken_answer()).error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace darkroom::runtime
