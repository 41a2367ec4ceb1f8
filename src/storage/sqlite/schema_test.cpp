// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/schema.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "storage/sqlite/task_row.h"

namespace darkroom::storage {
namespace {

using ::testing::HasSubstr;

class Schema : public ::testing::Test {
  protected:
    Schema() { std::filesystem::create_directories(folder_); }
    ~Schema() override { std::filesystem::remove_all(folder_); }

    Connection connect() { return Connection::open(folder_ / "test.db", {}).value(); }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-schema-" + random_id());
};

std::vector<Migration> two_steps() {
    return {{"0001_a", "CREATE TABLE a (x INTEGER);"}, {"0002_b", "CREATE TABLE b (y INTEGER);"}};
}

TEST_F(Schema, StepsAreAppliedOnceAndInOrder) {
    Connection connection = connect();
    std::vector<Migration> steps = two_steps();
    ASSERT_TRUE(migrate(connection, {steps[0]}, 10));
    ASSERT_TRUE(migrate(connection, steps, 20));
    ASSERT_TRUE(migrate(connection, steps, 30));
    EXPECT_EQ(connection.integer("SELECT count(*) FROM schema_version").value(), 2);
    EXPECT_EQ(
        connection.text("SELECT group_concat(name || ' ' || applied_ms) FROM schema_version")
            .value(),
        "0001_a 10,0002_b 20");
    EXPECT_TRUE(connection.run("INSERT INTO b (y) VALUES (1)"));
}

TEST_F(Schema, AStepThatFailsLeavesTheVersionBeforeIt) {
    Connection connection = connect();
    std::vector<Migration> steps = two_steps();
    steps[1].sql = "CREATE TABLE c (z INTEGER); CREATE TABLE a (again INTEGER);";
    const Result<void> migrated = migrate(connection, steps, 10);
    ASSERT_FALSE(migrated);
    EXPECT_THAT(migrated.error().message, HasSubstr("migration 0002_b"));
    EXPECT_EQ(connection.integer("SELECT max(version) FROM schema_version").value(), 1);
    EXPECT_EQ(connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'c'").value(), 0);
    EXPECT_TRUE(migrate(connection, two_steps(), 20));
}

TEST_F(Schema, ANewerDatabaseIsRefusedAndLeftAlone) {
    Connection connection = connect();
    ASSERT_TRUE(migrate(connection, two_steps(), 10));
    const Result<void> migrated = migrate(connection, {two_steps()[0]}, 20);
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().code, ErrorCode::unimplemented);
    EXPECT_THAT(migrated.error().message, HasSubstr("newer version of darkroom"));
    EXPECT_THAT(migrated.error().message, HasSubstr("schema 2, this program knows 1"));
    EXPECT_EQ(connection.integer("SELECT max(version) FROM schema_version").value(), 2);
}

TEST_F(Schema, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
    Connection connection = connect();
    ASSERT_TRUE(connection.run_script("CREATE TABLE photo (x INTEGER)"));
    const Result<void> migrated = migrate(connection, migrations(), 10);
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().code, ErrorCode::corrupt_input);
    EXPECT_THAT(migrated.error().message, HasSubstr("another program"));
    EXPECT_EQ(connection.integer("SELECT count(*) FROM sqlite_schema").value(), 1);
}

TEST_F(Schema, EveryClaimOrderIsServedByAnIndex) {
    Connection connection = connect();
    ASSERT_TRUE(migrate(connection, migrations(), 10));
    const std::string order =
        " AND not_before_ms <= 1 ORDER BY priority DESC, vft, sequence LIMIT 1";
    for (const char* condition :
         {"task_queue WHERE state = 'queued'",
          "task_queue_of_model WHERE state = 'queued' AND model = 'm'"}) {
        Statement plan = connection
                             .prepare(
                                 "EXPLAIN QUERY PLAN SELECT sequence FROM task INDEXED BY " +
                                 std::string(condition) + order)
                             .value();
        std::string text;
        while (plan.step().value())
            text += plan.text(3) + "\n";
        EXPECT_THAT(text, HasSubstr("INDEX task_queue")) << condition;
        EXPECT_THAT(text, Not(HasSubstr("TEMP B-TREE"))) << condition;
    }
    Statement plan = connection
                         .prepare(
                             "EXPLAIN QUERY PLAN SELECT id FROM task WHERE"
                             " state IN ('leased', 'running', 'uploading') AND owner = 'a'")
                         .value();
    ASSERT_TRUE(plan.step().value());
    EXPECT_THAT(plan.text(3), HasSubstr("USING INDEX task_held"));
}

TEST_F(Schema, WhatEndedIsListedFromAnIndexAlone) {
    Connection connection = connect();
    ASSERT_TRUE(migrate(connection, migrations(), 10));
    for (const char* query :
         {"SELECT id, finished_ms FROM task WHERE tenant = 't' AND finished_ms < 5"
          " ORDER BY finished_ms, sequence LIMIT 9",
          "SELECT min(tenant) FROM task WHERE finished_ms IS NOT NULL AND tenant > 'a'"}) {
        Statement plan = connection.prepare("EXPLAIN QUERY PLAN " + std::string(query)).value();
        std::string text;
        while (plan.step().value())
            text += plan.text(3) + "\n";
        EXPECT_THAT(text, HasSubstr("SEARCH task USING COVERING INDEX task_ended")) << query;
        EXPECT_THAT(text, Not(HasSubstr("TEMP B-TREE"))) << query;
    }
}

TEST_F(Schema, WhatWasDrawnLastIsFoundFromAnIndexInOrder) {
    Connection connection = connect();
    ASSERT_TRUE(migrate(connection, migrations(), 10));
    Statement plan = connection
                         .prepare(
                             "EXPLAIN QUERY PLAN SELECT model FROM task INDEXED BY task_drawn WHERE"
                             " device_s > 0 ORDER BY finished_ms DESC, sequence DESC LIMIT 500")
                         .value();
    std::string text;
    while (plan.step().value())
        text += plan.text(3) + "\n";
    EXPECT_THAT(text, HasSubstr("task_drawn"));
    EXPECT_THAT(text, Not(HasSubstr("TEMP B-TREE")));
}

TEST_F(Schema, RowsOfBeforeTracesWereKeptHaveNone) {
    Connection connection = connect();
    std::vector<Migration> steps = migrations();
    const auto traces = std::ranges::find(steps, "0010_trace", &Migration::name);
    ASSERT_NE(traces, steps.end());
    ASSERT_TRUE(migrate(connection, {steps.begin(), traces}, 10));
    ASSERT_TRUE(connection.run(
        "INSERT INTO task (id, tenant, body_hash, kind, model, priority, cost_s, vft, state,"
        " attempt, failures, owner, not_before_ms, created_ms, cancel_requested) VALUES"
        " ('8393ca85ee4ab2f4c75c7e6838c773d4', 't', '', 'txt2img', 'm', 0, 1, 0, 'queued', 0, 0,"
        " '', 0, 1, 0)"));
    ASSERT_TRUE(migrate(connection, steps, 20));
    Statement statement = select_tasks(connection, Payload::without, "").value();
    const std::vector<domain::Task> tasks = read_tasks(statement, Payload::without).value();
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].trace, std::nullopt);
    EXPECT_EQ(tasks[0].device_s, 0.0);
}

}  // namespace
}  // namespace darkroom::storage
