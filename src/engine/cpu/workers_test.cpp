// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/workers.h"

#include <atomic>
#include <latch>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::engine::cpu {
namespace {

TEST(Workers, DoEveryPieceOnce) {
    Workers workers(4);
    for (std::int64_t pieces = 0; pieces < 300; ++pieces) {
        std::vector<std::atomic<int>> done(static_cast<std::size_t>(pieces));
        workers.run(pieces, [&](std::int64_t piece, int thread) {
            ASSERT_GE(thread, 0);
            ASSERT_LT(thread, 4);
            ++done[static_cast<std::size_t>(piece)];
        });
        for (const std::atomic<int>& count : done)
            ASSERT_EQ(count, 1);
    }
}

TEST(Workers, WhatTheyDidIsSeenAfterTheRun) {
    Workers workers(3);
    std::vector<std::int64_t> values(1000);
    for (int round = 0; round < 200; ++round) {
        workers.run(1000, [&](std::int64_t piece, int) {
            values[static_cast<std::size_t>(piece)] += piece;
        });
    }
    for (std::int64_t i = 0; i < 1000; ++i)
        ASSERT_EQ(values[static_cast<std::size_t>(i)], 200 * i);
}

TEST(Workers, WorkAtTheSameTime) {
    Workers workers(3);
    std::latch all_there(3);
    std::atomic<int> threads_seen = 0;
    // Each piece waits for the two others, so three threads must have come.
    workers.run(3, [&](std::int64_t, int thread) {
        all_there.arrive_and_wait();
        threads_seen |= 1 << thread;
    });
    EXPECT_EQ(threads_seen, 0b111);
}

TEST(Workers, WakeUpAfterARest) {
    Workers workers(2);
    for (int round = 0; round < 3; ++round) {
        std::latch both_there(2);
        workers.run(2, [&](std::int64_t, int) { both_there.arrive_and_wait(); });
        // Longer than a thread looks out for work.
        std::atomic<bool> never = false;
        for (int i = 0; i < 2'000'000 && !never; ++i) {
        }
    }
}

TEST(Workers, RangesCoverTheCount) {
    Workers workers(2);
    std::vector<std::atomic<int>> done(1001);
    workers.run_ranges(1001, 100, [&](std::int64_t begin, std::int64_t end) {
        ASSERT_LE(end - begin, 100);
        for (std::int64_t i = begin; i < end; ++i)
            ++done[static_cast<std::size_t>(i)];
    });
    for (const std::atomic<int>& count : done)
        ASSERT_EQ(count, 1);
}

TEST(Workers, TheirNumberCanChange) {
    Workers workers(1);
    EXPECT_EQ(workers.threads(), 1);
    for (const int threads : {3, 1, 2}) {
        workers.set_threads(threads);
        EXPECT_EQ(workers.threads(), threads);
        std::atomic<int> done = 0;
        workers.run(50, [&](std::int64_t, int thread) {
            ASSERT_LT(thread, threads);
            ++done;
        });
        EXPECT_EQ(done, 50);
    }
    workers.set_threads(0);
    EXPECT_GE(workers.threads(), 1);
}

TEST(Workers, ARunWithinARunIsAMistake) {
    Workers workers(2);
    std::atomic<int> refused = 0;
    workers.run(2, [&](std::int64_t, int) {
        try {
            workers.run(2, [](std::int64_t, int) {});
        } catch (const ContractViolation&) {
            ++refused;
        }
    });
    EXPECT_EQ(refused, 2);
}

}  // namespace
}  // namespace darkroom::engine::cpu
