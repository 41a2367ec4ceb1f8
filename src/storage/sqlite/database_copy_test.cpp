// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/database_copy.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/sqlite_task_store.h"

namespace darkroom::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

domain::NewTask new_task() {
    return domain::NewTask{
        .tenant = "studio",
        .kind = "txt2img",
        .model = "icons-128",
        .request = std::string(5'000, 'x'),
        .body_hash = "hash"};
}

class DatabaseCopy : public ::testing::Test {
  protected:
    DatabaseCopy() { std::filesystem::create_directories(folder_ / "backup"); }
    ~DatabaseCopy() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<SqliteTaskStore> open_store() {
        return SqliteTaskStore::open(SqliteDatabase::open(live_, clock_).value()).value();
    }

    std::int64_t queued_tasks(const std::filesystem::path& file) {
        const DatabaseReport report = DatabaseReader::open(file).value().inspect().value();
        const auto found = report.tasks.find(domain::TaskState::queued);
        return found == report.tasks.end() ? 0 : found->second;
    }

    void submit(SqliteTaskStore& store, int count) {
        for (int i = 0; i < count; ++i)
            ASSERT_TRUE(wait(store, &TaskStore::submit, new_task()));
    }

    /// A backup of a live store with so many tasks.
    void back_up(int count) {
        const auto store = open_store();
        submit(*store, count);
        ASSERT_TRUE(DatabaseReader::open(live_).value().copy_to(copy_));
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-copy-" + random_id());
    std::filesystem::path live_ = folder_ / "tasks.db";
    std::filesystem::path copy_ = folder_ / "backup" / "tasks.db";
    FakeClock clock_;
};

TEST_F(DatabaseCopy, HoldsWhatWasCommittedWhileTheServerGoesOn) {
    const auto store = open_store();
    submit(*store, 3);
    DatabaseReader reader = DatabaseReader::open(live_).value();
    ASSERT_TRUE(reader.copy_to(copy_));
    submit(*store, 2);
    EXPECT_EQ(queued_tasks(copy_), 3);
    EXPECT_EQ(queued_tasks(live_), 5);
    const DatabaseReport report = DatabaseReader::open(copy_).value().inspect().value();
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_EQ(report.schema_version, report.known_version);
}

TEST_F(DatabaseCopy, DoesNotWriteOverAFile) {
    back_up(1);
    const Result<void> again = DatabaseReader::open(live_).value().copy_to(copy_);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
}

TEST_F(DatabaseCopy, RecordsComeInPages) {
    back_up(3);
    DatabaseReader reader = DatabaseReader::open(copy_).value();
    const std::vector<TaskRecord> first = reader.records(0, 2).value();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].state, domain::TaskState::queued);
    EXPECT_EQ(reader.records(first[1].sequence, 2).value().size(), 1U);
}

TEST_F(DatabaseCopy, AMissingDatabaseIsNotMade) {
    const auto missing = DatabaseReader::open(folder_ / "nothing.db");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "nothing.db"));
}

TEST_F(DatabaseCopy, ADamagedDatabaseIsReported) {
    back_up(20);
    {
        std::fstream file(copy_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(3 * 4096);
        file << std::string(8 * 4096, '\xAA');
    }
    const Result<DatabaseReport> report = DatabaseReader::open(copy_).value().inspect();
    EXPECT_TRUE(!report || !report->problems.empty());
    EXPECT_FALSE(replace_database(copy_, folder_ / "restored.db"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "restored.db"));
}

TEST_F(DatabaseCopy, WhatIsNoDatabaseIsRefused) {
    std::ofstream(copy_) << "this is a text, and long enough to be looked at as a header of a file";
    const Result<void> replaced = replace_database(copy_, folder_ / "restored.db");
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().code, ErrorCode::corrupt_input);
}

TEST_F(DatabaseCopy, IsRestoredWhereNoDatabaseIs) {
    back_up(4);
    const std::filesystem::path restored = folder_ / "restored.db";
    const Result<void> replaced = replace_database(copy_, restored);
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_EQ(queued_tasks(restored), 4);
}

TEST_F(DatabaseCopy, ReplacesADatabaseOnlyWhenToldAndKeepsTheOldOne) {
    back_up(4);
    submit(*open_store(), 3);
    const Result<void> refused = replace_database(copy_, live_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_EQ(queued_tasks(live_), 7);
    const Result<void> replaced = replace_database(copy_, live_, {.may_replace = true});
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_EQ(queued_tasks(live_), 4);
    EXPECT_EQ(queued_tasks(live_.string() + ".replaced"), 7);
    submit(*open_store(), 1);
    EXPECT_EQ(queued_tasks(live_), 5);
}

TEST_F(DatabaseCopy, IsNotRestoredUnderARunningServer) {
    back_up(1);
    const auto store = open_store();
    const Result<void> refused = replace_database(copy_, live_, {.may_replace = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
}

TEST_F(DatabaseCopy, OfANewerVersionIsRefused) {
    back_up(1);
    Connection connection = Connection::open_existing(copy_).value();
    const auto newer = static_cast<std::int64_t>(migrations().size()) + 1;
    ASSERT_TRUE(connection.run_script(
        "INSERT INTO schema_version (version, name, applied_ms) VALUES (" + std::to_string(newer) +
        ", 'later', 0)"));
    const Result<void> refused = replace_database(copy_, folder_ / "restored.db");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unimplemented);
    EXPECT_THAT(refused.error().message, HasSubstr("newer version"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "restored.db"));
}

}  // namespace
}  // namespace darkroom::storage
