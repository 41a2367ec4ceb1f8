// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/connection_thread.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace darkroom::storage {
namespace {

using Access = ConnectionThread::Access;

/// A writer over a database with one table of unique numbers.
class WriterTest : public ::testing::Test {
  protected:
    WriterTest() { std::filesystem::create_directories(folder_); }
    ~WriterTest() override { std::filesystem::remove_all(folder_); }

    Connection connect(Connection::Options options = {}) {
        Connection connection = Connection::open(folder_ / "test.db", options).value();
        EXPECT_TRUE(connection.run_script(
            "CREATE TABLE IF NOT EXISTS number (value INTEGER PRIMARY KEY, text TEXT)"));
        return connection;
    }

    static std::function<Result<int>(Connection&)> insert(int value, std::string text = "") {
        return [value, text](Connection& connection) -> Result<int> {
            DARKROOM_TRY_ASSIGN(
                Statement statement,
                connection.prepare("INSERT INTO number (value, text) VALUES (?, ?)"));
            statement.bind_all(value, text);
            DARKROOM_TRY(statement.run());
            return value;
        };
    }

    static Result<int> run(ConnectionThread& writer, std::function<Result<int>(Connection&)> work) {
        return wait<int>(
            [&](Completion<int> done) { writer.enqueue<int>(std::move(work), std::move(done)); });
    }

    static Result<int> count(ConnectionThread& writer) {
        return run(writer, [](Connection& connection) -> Result<int> {
            DARKROOM_TRY_ASSIGN(
                const std::int64_t rows, connection.integer("SELECT count(*) FROM number"));
            return static_cast<int>(rows);
        });
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-writer-" + random_id());
};

/// Holds the writer's thread inside a completion, so that what is enqueued piles up.
class HeldWriter {
  public:
    explicit HeldWriter(ConnectionThread& writer) {
        writer.enqueue<int>(
            [](Connection&) -> Result<int> { return 0; },
            [this](const Result<int>&) {
                held_.count_down();
                release_.wait();
            });
        held_.wait();
    }
    void let_go() { release_.count_down(); }

  private:
    std::latch held_{1};
    std::latch release_{1};
};

TEST_F(WriterTest, WhatWaitsIsCommittedTogether) {
    ConnectionThread writer(connect(), Access::write);
    HeldWriter held(writer);
    const std::uint64_t before = writer.counters().commits;
    std::atomic<int> inserted = 0;
    std::latch all(200);
    for (int i = 0; i < 200; ++i) {
        writer.enqueue<int>(insert(i), [&](const Result<int>& outcome) {
            if (outcome) ++inserted;
            all.count_down();
        });
    }
    held.let_go();
    all.wait();
    EXPECT_EQ(inserted, 200);
    EXPECT_EQ(writer.counters().commits - before, 1U);
    EXPECT_EQ(writer.counters().operations, 201U);
    EXPECT_EQ(count(writer).value(), 200);
}

TEST_F(WriterTest, AFailedOperationIsRolledBackAlone) {
    ConnectionThread writer(connect(), Access::write);
    HeldWriter held(writer);
    std::vector<Result<int>> outcomes;
    std::latch all(4);
    const auto record = [&](Result<int> outcome) {
        outcomes.push_back(std::move(outcome));
        all.count_down();
    };
    writer.enqueue<int>(insert(1), record);
    writer.enqueue<int>(
        [](Connection& connection) -> Result<int> {
            DARKROOM_TRY(insert(2)(connection));
            return insert(1)(connection);
        },
        record);
    writer.enqueue<int>(
        [](Connection& connection) -> Result<int> {
            DARKROOM_TRY(insert(3)(connection));
            throw std::runtime_error("boom");
        },
        record);
    writer.enqueue<int>(insert(4), record);
    held.let_go();
    all.wait();
    EXPECT_TRUE(outcomes[0]);
    EXPECT_EQ(outcomes[1].error().code, ErrorCode::conflict);
    EXPECT_EQ(outcomes[2].error().code, ErrorCode::internal);
    EXPECT_EQ(outcomes[2].error().message, "boom");
    EXPECT_TRUE(outcomes[3]);
    EXPECT_EQ(count(writer).value(), 2);
}

TEST_F(WriterTest, AFullDatabaseFailsEveryoneInTheTransactionAndTheNextOneWorks) {
    ConnectionThread writer(connect({.max_bytes = 64 * 1024}), Access::write);
    HeldWriter held(writer);
    std::vector<Result<int>> outcomes;
    std::latch all(3);
    const auto record = [&](Result<int> outcome) {
        outcomes.push_back(std::move(outcome));
        all.count_down();
    };
    writer.enqueue<int>(insert(1), record);
    writer.enqueue<int>(insert(2, std::string(1'000'000, 'x')), record);
    writer.enqueue<int>(insert(3), record);
    held.let_go();
    all.wait();
    const std::uint64_t commits = writer.counters().commits;
    for (const Result<int>& outcome : outcomes) {
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::insufficient_storage) << outcome.error().message;
    }
    EXPECT_EQ(count(writer).value(), 0);
    EXPECT_TRUE(run(writer, insert(4)));
    EXPECT_EQ(count(writer).value(), 1);
    EXPECT_EQ(writer.counters().commits - commits, 3U);
}

TEST_F(WriterTest, TheDestructorFinishesWhatWasEnqueued) {
    std::atomic<int> finished = 0;
    {
        ConnectionThread writer(connect(), Access::write);
        for (int i = 0; i < 1'000; ++i) {
            writer.enqueue<int>(insert(i), [&](const Result<int>& outcome) {
                if (outcome) ++finished;
            });
        }
    }
    EXPECT_EQ(finished, 1'000);
    ConnectionThread writer(connect(), Access::write);
    EXPECT_EQ(count(writer).value(), 1'000);
}

TEST_F(WriterTest, ACompletionMayEnqueueMore) {
    ConnectionThread writer(connect(), Access::write);
    const Result<int> second = wait<int>([&](Completion<int> done) {
        writer.enqueue<int>(insert(1), [&writer, done](const Result<int>&) {
            writer.enqueue<int>(insert(2), done);
        });
    });
    EXPECT_EQ(second.value(), 2);
}

TEST_F(WriterTest, ManyThreadsMayEnqueueAtOnce) {
    ConnectionThread writer(connect(), Access::write);
    std::atomic<int> inserted = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 50; ++i) {
                    if (run(writer, insert(thread * 1'000 + i))) ++inserted;
                }
            });
        }
    }
    EXPECT_EQ(inserted, 200);
    EXPECT_EQ(count(writer).value(), 200);
}

/// Work that stays inside its transaction until it is let go.
struct HeldInsert {
    std::latch begun{1};
    std::latch release{1};

    Result<int> operator()(Connection& connection) {
        DARKROOM_TRY(connection.run("INSERT INTO number (value) VALUES (1)"));
        begun.count_down();
        release.wait();
        return 1;
    }
};

TEST_F(WriterTest, WhoReadsWaitsForNoTransactionAndSeesNothingOfIt) {
    ConnectionThread writer(connect(), Access::write);
    ConnectionThread reader(connect(), Access::read);
    HeldInsert held;
    std::promise<Result<int>> done;
    writer.enqueue<int>(
        [&](Connection& connection) { return held(connection); },
        [&](Result<int> result) { done.set_value(std::move(result)); });
    held.begun.wait();
    EXPECT_EQ(count(reader).value(), 0);
    held.release.count_down();
    EXPECT_TRUE(done.get_future().get());
    EXPECT_EQ(count(reader).value(), 1);
}

TEST_F(WriterTest, AFailedReadIsItsCallersOwn) {
    ConnectionThread reader(connect(), Access::read);
    EXPECT_FALSE(run(reader, [](Connection& connection) -> Result<int> {
        DARKROOM_TRY(connection.integer("SELECT nonsense FROM number"));
        return 1;
    }));
    EXPECT_EQ(count(reader).value(), 0);
}

}  // namespace
}  // namespace darkroom::storage
