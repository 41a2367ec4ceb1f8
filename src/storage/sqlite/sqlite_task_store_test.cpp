// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_task_store.h"

#include <sys/fsuid.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <latch>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "storage/sqlite/connection.h"

namespace darkroom::storage {
namespace {

using domain::TaskState;
using ::testing::HasSubstr;

domain::NewTask new_task(std::string key = "") {
    return domain::NewTask{
        .tenant = "studio",
        .kind = "txt2img",
        .model = "icons-128",
        .request = R"({"prompt": "a key"})",
        .body_hash = "hash",
        .idempotency_key = std::move(key)};
}

class SqliteTaskStoreTest : public ::testing::Test {
  protected:
    SqliteTaskStoreTest() { std::filesystem::create_directories(folder_); }
    ~SqliteTaskStoreTest() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<SqliteTaskStore> open(SqliteDatabaseOptions options = {}) {
        auto database = SqliteDatabase::open(path_, clock_, options).value();
        database_ = database.get();
        return SqliteTaskStore::open(std::move(database)).value();
    }

    Error open_error() {
        const auto database = SqliteDatabase::open(path_, clock_);
        return database ? Error{ErrorCode::internal, "opened"} : database.error();
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-tasks-" + random_id());
    std::filesystem::path path_ = folder_ / "tasks.db";
    FakeClock clock_;
    /// Of the store that was opened last; belongs to it.
    SqliteDatabase* database_ = nullptr;
};

TEST_F(SqliteTaskStoreTest, EveryFieldSurvivesAReopen) {
    domain::NewTask request = new_task("key-1");
    request.priority = -3;
    request.cost_s = 12.5;
    request.vft = 1e300;
    request.not_before_ms = 5;
    request.deadline_ms = clock_.now_ms + 1'000'000;
    request.request = std::string("{\"a\":\"\xc3\xa9\0\"}", 11);
    const domain::TaskId id = request.id;
    {
        auto store = open();
        ASSERT_TRUE(wait(*store, &TaskStore::submit, request));
        const auto claimed =
            wait(*store, &TaskStore::claim, ClaimRequest{.agent = "agent-1"}).value();
        ASSERT_EQ(claimed.size(), 1U);
        const domain::LeaseToken token{id, 1, "agent-1"};
        clock_.now_ms += 7;
        ASSERT_TRUE(wait(*store, &TaskStore::mark_running, token));
        ASSERT_TRUE(wait(*store, &TaskStore::complete, FinishedAttempt{token, "{\"images\":[]}"}));
    }
    auto store = open();
    const domain::Task task = wait(*store, &TaskStore::get, id).value();
    EXPECT_EQ(task.id, id);
    EXPECT_EQ(task.tenant, "studio");
    EXPECT_EQ(task.kind, "txt2img");
    EXPECT_EQ(task.model, "icons-128");
    EXPECT_EQ(task.request, request.request);
    EXPECT_EQ(task.body_hash, "hash");
    EXPECT_EQ(task.idempotency_key, "key-1");
    EXPECT_EQ(task.state, TaskState::succeeded);
    EXPECT_EQ(task.priority, -3);
    EXPECT_EQ(task.cost_s, 12.5);
    EXPECT_EQ(task.vft, 1e300);
    EXPECT_EQ(task.attempt, 1);
    EXPECT_EQ(task.owner, "agent-1");
    EXPECT_FALSE(task.lease_until_ms);
    EXPECT_EQ(task.not_before_ms, 5);
    EXPECT_EQ(task.deadline_ms, request.deadline_ms);
    EXPECT_EQ(task.created_ms, clock_.now_ms - 7);
    EXPECT_EQ(task.started_ms, clock_.now_ms);
    EXPECT_EQ(task.finished_ms, clock_.now_ms);
    EXPECT_FALSE(task.error);
    EXPECT_EQ(task.result, "{\"images\":[]}");
}

TEST_F(SqliteTaskStoreTest, ARestartPutsHeldTasksBackAtNoCost) {
    const domain::NewTask drawn = new_task();
    const domain::NewTask cancelled = new_task();
    {
        auto store = open();
        ASSERT_TRUE(wait(*store, &TaskStore::submit, drawn));
        ASSERT_TRUE(wait(*store, &TaskStore::submit, cancelled));
        ASSERT_EQ(
            wait(*store, &TaskStore::claim, ClaimRequest{.agent = "agent-1", .max_count = 2})
                .value()
                .size(),
            2U);
        ASSERT_TRUE(wait(*store, &TaskStore::mark_running, {drawn.id, 1, "agent-1"}));
        ASSERT_TRUE(wait(*store, &TaskStore::cancel, cancelled.id));
    }
    // Another boot: its clock is behind the end of the old leases.
    clock_.boot = "boot-2";
    clock_.now_ms -= 1'000'000;
    auto store = open();
    EXPECT_THAT(store->recovered().requeued, ::testing::ElementsAre(drawn.id));
    EXPECT_THAT(store->recovered().cancelled, ::testing::ElementsAre(cancelled.id));

    const domain::Task task = wait(*store, &TaskStore::get, drawn.id).value();
    EXPECT_EQ(task.state, TaskState::queued);
    EXPECT_EQ(task.failures, 0);
    EXPECT_EQ(task.attempt, 1);
    EXPECT_EQ(wait(*store, &TaskStore::get, cancelled.id).value().state, TaskState::cancelled);

    const auto stale =
        wait(*store, &TaskStore::complete, FinishedAttempt{{drawn.id, 1, "agent-1"}, "{}"});
    EXPECT_EQ(stale.value(), domain::CompleteOutcome::stale);
    const auto again = wait(*store, &TaskStore::claim, ClaimRequest{.agent = "agent-1"}).value();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].attempt, 2);
}

TEST_F(SqliteTaskStoreTest, WhatWaitsTogetherIsOneCommit) {
    auto store = open();
    std::latch held(1);
    std::latch release(1);
    store->expire_leases([&](const Result<EndedLeases>&) {
        held.count_down();
        release.wait();
    });
    held.wait();
    const std::uint64_t before = database_->writer().counters().commits;
    std::latch all(200);
    for (int i = 0; i < 200; ++i) {
        store->submit(new_task(), [&](const Result<Submitted>& submitted) {
            EXPECT_TRUE(submitted);
            all.count_down();
        });
    }
    release.count_down();
    all.wait();
    EXPECT_EQ(database_->writer().counters().commits - before, 1U);
    const TaskCounts counts = wait(*store, &TaskStore::count, CountFilter{}).value();
    EXPECT_EQ(counts.at(TaskState::queued), 200);
}

TEST_F(SqliteTaskStoreTest, AFullDatabaseRefusesSubmitsAndKeepsServing) {
    auto store = open({.max_bytes = 1 << 20});
    std::vector<domain::TaskId> accepted;
    Error refusal;
    for (int i = 0; i < 100; ++i) {
        domain::NewTask request = new_task();
        request.request = std::string(50'000, 'x');
        const auto submitted = wait(*store, &TaskStore::submit, request);
        if (!submitted) {
            refusal = submitted.error();
            break;
        }
        accepted.push_back(request.id);
    }
    EXPECT_EQ(refusal.code, ErrorCode::insufficient_storage) << refusal.message;
    ASSERT_GT(accepted.size(), 5U);
    for (const domain::TaskId& id : accepted) {
        EXPECT_TRUE(wait(*store, &TaskStore::get, id));
    }
    EXPECT_EQ(
        wait(*store, &TaskStore::cancel, accepted[0]).value(), domain::CancelOutcome::cancelled);
}

TEST_F(SqliteTaskStoreTest, AKilledServerLosesNoAcknowledgedSubmit) {
    int channel[2];
    ASSERT_EQ(::pipe(channel), 0);
    // This process has no other thread here: every store of the earlier tests was joined.
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::close(channel[0]);
        auto store = open();
        for (int i = 1;; ++i) {
            store->submit(new_task(), [&](const Result<Submitted>& submitted) {
                if (!submitted) ::_exit(1);
                const std::string& id = submitted->task.id.text();
                if (::write(channel[1], id.data(), id.size()) != 32) ::_exit(1);
            });
            // Bounds what waits.
            if (i % 64 == 0) static_cast<void>(wait(*store, &TaskStore::count, CountFilter{}));
        }
    }
    ::close(channel[1]);
    std::string acknowledged;
    std::vector<char> buffer(64 * 1024);
    const auto read_some = [&] {
        const ssize_t count = ::read(channel[0], buffer.data(), buffer.size());
        if (count > 0) acknowledged.append(buffer.data(), static_cast<std::size_t>(count));
        return count > 0;
    };
    while (acknowledged.size() < 300 * 32 && read_some()) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (read_some()) {
    }
    ::close(channel[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";

    auto store = open();
    ASSERT_GE(acknowledged.size(), 300U * 32);
    for (std::size_t i = 0; i + 32 <= acknowledged.size(); i += 32) {
        const domain::TaskId id = domain::TaskId::parse(acknowledged.substr(i, 32)).value();
        ASSERT_TRUE(wait(*store, &TaskStore::get, id)) << "lost task " << i / 32;
    }
}

TEST_F(SqliteTaskStoreTest, AKeyIsLookedUpInItsUniqueIndex) {
    open();
    Connection connection = Connection::open(path_, {}).value();
    const auto is_unique = connection.integer(
        "SELECT [unique] FROM pragma_index_list('task') WHERE name = 'task_by_idempotency_key'");
    EXPECT_EQ(is_unique.value(), 1);
    Statement plan = connection
                         .prepare(
                             "EXPLAIN QUERY PLAN SELECT * FROM task LEFT JOIN task_result"
                             " USING (sequence) WHERE tenant = ? AND idempotency_key = ?")
                         .value();
    plan.bind_all(std::string("studio"), std::string("key-1"));
    ASSERT_TRUE(plan.step().value());
    EXPECT_THAT(plan.text(3), HasSubstr("USING INDEX task_by_idempotency_key"));
}

TEST_F(SqliteTaskStoreTest, TheBacklogIsReadFromAnIndexAlone) {
    open();
    Connection connection = Connection::open(path_, {}).value();
    Statement plan = connection
                         .prepare(
                             "EXPLAIN QUERY PLAN SELECT model, priority, count(*), sum(cost_s),"
                             " min(vft), min(created_ms) FROM task WHERE state = 'queued' AND"
                             " not_before_ms <= ? AND (deadline_ms IS NULL OR deadline_ms > ?)"
                             " GROUP BY model, priority ORDER BY model, priority DESC")
                         .value();
    ASSERT_TRUE(plan.step().value());
    EXPECT_THAT(plan.text(3), HasSubstr("USING COVERING INDEX task_queue_of_model"));
    EXPECT_FALSE(plan.step().value()) << plan.text(3);
}

TEST_F(SqliteTaskStoreTest, ASecondServerIsKeptOut) {
    auto store = open();
    const Error refused = open_error();
    EXPECT_EQ(refused.code, ErrorCode::conflict);
    EXPECT_THAT(refused.message, HasSubstr("another server is using"));
    store.reset();
    EXPECT_TRUE(open());
}

TEST_F(SqliteTaskStoreTest, ANewerSchemaIsRefused) {
    open();
    {
        Connection connection = Connection::open(path_, {}).value();
        ASSERT_TRUE(connection.run_script(
            "INSERT INTO schema_version (version, name, applied_ms) VALUES (999, 'x', 0)"));
    }
    const Error refused = open_error();
    EXPECT_EQ(refused.code, ErrorCode::unimplemented);
    EXPECT_THAT(refused.message, HasSubstr("newer version of darkroom"));
    EXPECT_THAT(refused.message, HasSubstr(path_.string()));
}

TEST_F(SqliteTaskStoreTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
    const std::string garbage(8'192, 'g');
    ASSERT_TRUE(write_file(path_, garbage));
    const Error refused = open_error();
    EXPECT_EQ(refused.code, ErrorCode::corrupt_input) << refused.message;
    EXPECT_THAT(refused.message, HasSubstr(path_.string()));
    EXPECT_EQ(read_file(path_, 1 << 20).value(), garbage);
}

TEST_F(SqliteTaskStoreTest, ATruncatedDatabaseIsRefused) {
    {
        auto store = open();
        for (int i = 0; i < 50; ++i)
            ASSERT_TRUE(wait(*store, &TaskStore::submit, new_task()));
    }
    std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
    EXPECT_EQ(open_error().code, ErrorCode::corrupt_input);
}

TEST_F(SqliteTaskStoreTest, AMissingFolderIsNamed) {
    path_ = folder_ / "missing" / "tasks.db";
    const Error refused = open_error();
    EXPECT_EQ(refused.code, ErrorCode::not_found);
    EXPECT_THAT(refused.message, HasSubstr(path_.string()));
}

TEST_F(SqliteTaskStoreTest, AFolderThatCannotBeWrittenIsNamed) {
    std::filesystem::permissions(folder_, std::filesystem::perms(0555));
    // Root may write anywhere; as another user of the file system it may not.
    const auto uid = static_cast<uid_t>(::setfsuid(65534));
    const Error refused = open_error();
    ::setfsuid(uid);
    EXPECT_EQ(refused.code, ErrorCode::permission_denied) << refused.message;
    EXPECT_THAT(refused.message, HasSubstr(path_.string()));
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
}

}  // namespace
}  // namespace darkroom::storage
