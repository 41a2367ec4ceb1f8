// SPDX-License-Identifier: Apache-2.0
#include "control/sweeper.h"

#include <array>

#include <gtest/gtest.h>

#include "api/task_payload.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"

namespace darkroom::control {
namespace {

using storage::TaskStore;

constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60 * 1'000;
constexpr std::chrono::milliseconds kWeek(7 * kDay);
constexpr std::array<std::byte, 10> kPicture{};

class SweeperTest : public testing::Test {
  protected:
    SweepReport sweep(RetentionPolicy policy) {
        Sweeper sweeper(
            io_.executor(), {store_, objects_, blocking_, metrics_, clock_}, std::move(policy));
        return runtime::block_on(io_.executor(), sweeper.sweep()).value();
    }

    domain::Task leased(const std::string& tenant) {
        domain::NewTask request;
        request.tenant = tenant;
        request.kind = "txt2img";
        request.model = "icons";
        EXPECT_TRUE(storage::wait(store_, &TaskStore::submit, request));
        return storage::wait(store_, &TaskStore::claim, {.agent = "agent"}).value().at(0);
    }

    std::string store_picture(const domain::Task& task, std::int64_t attempt) {
        const std::string key =
            task.tenant + "/" + task.id.text() + "/" + std::to_string(attempt) + "/0.png";
        EXPECT_TRUE(objects_.put(storage::ObjectKey::parse(key).value(), kPicture));
        return key;
    }

    domain::TaskId drawn(const std::string& tenant) {
        const domain::Task task = leased(tenant);
        api::TaskResult result;
        result.images = {store_picture(task, task.attempt)};
        result.infotexts = {"a key"};
        result.all_seeds = {1};
        result.all_subseeds = {1};
        const storage::FinishedAttempt finished{
            {task.id, task.attempt, "agent"}, api::encode_result(result)};
        EXPECT_TRUE(storage::wait(store_, &TaskStore::complete, finished));
        return task.id;
    }

    bool has_row(const domain::TaskId& id) {
        return storage::wait(store_, &TaskStore::get, id).has_value();
    }
    bool has_given_up_pictures(const domain::TaskId& id) {
        return storage::wait(store_, &TaskStore::get, id)->pictures_removed_ms.has_value();
    }
    std::size_t pictures() { return objects_.list({}).value().size(); }

    FakeClock clock_;
    storage::InMemoryTaskStore store_{clock_};
    storage::InMemoryObjectStore objects_{clock_};
    runtime::IoThreads io_;
    runtime::BlockingPool blocking_;
    telemetry::Metrics metrics_;
};

TEST_F(SweeperTest, KeepsEverythingThatIsWantedWithoutAges) {
    const domain::TaskId id = drawn("studio");
    clock_.now_ms += 1'000 * kDay;
    const SweepReport report = sweep({});
    EXPECT_EQ(report.tasks + report.pictures + report.orphans, 0);
    EXPECT_TRUE(has_row(id));
    EXPECT_EQ(pictures(), 1U);
}

TEST_F(SweeperTest, RemovesTasksPastTheirAgeWithTheirPictures) {
    const domain::TaskId old = drawn("studio");
    clock_.now_ms += 6 * kDay;
    const domain::TaskId young = drawn("studio");
    const domain::Task running = leased("studio");
    clock_.now_ms += 2 * kDay;
    const SweepReport report = sweep({.fallback = {.tasks = kWeek}});
    EXPECT_EQ(report.tasks, 1);
    EXPECT_EQ(report.pictures, 1);
    EXPECT_EQ(report.bytes, 10);
    EXPECT_FALSE(has_row(old));
    EXPECT_TRUE(has_row(young));
    EXPECT_TRUE(has_row(running.id));
    EXPECT_EQ(pictures(), 1U);
    EXPECT_NE(metrics_.text().find("darkroom_swept_tasks_total 1"), std::string::npos);
}

TEST_F(SweeperTest, RemovesMoreThanOneBatch) {
    for (int i = 0; i < 120; ++i)
        drawn("studio");
    clock_.now_ms += 8 * kDay;
    EXPECT_EQ(sweep({.fallback = {.tasks = kWeek}}).tasks, 120);
    EXPECT_EQ(pictures(), 0U);
}

TEST_F(SweeperTest, AnswersThatAreKeptGoAsTasksDo) {
    domain::NewTask call;
    call.tenant = "studio";
    call.kind = domain::kCallKind;
    call.request = "{}";
    call.result = "{}";
    ASSERT_TRUE(storage::wait(store_, &TaskStore::submit, call));
    clock_.now_ms += 8 * kDay;
    EXPECT_EQ(sweep({}).tasks, 0);
    EXPECT_EQ(sweep({.fallback = {.tasks = kWeek}}).tasks, 1);
    EXPECT_FALSE(has_row(call.id));
}

TEST_F(SweeperTest, ATenantMayHaveAnAgeOfItsOwn) {
    const domain::TaskId kept = drawn("archive");
    const domain::TaskId brief = drawn("brief");
    const domain::TaskId usual = drawn("studio");
    clock_.now_ms += 2 * kDay;
    RetentionPolicy policy{.fallback = {.tasks = kWeek}};
    policy.tenants["archive"] = {};
    policy.tenants["brief"] = {.tasks = std::chrono::milliseconds(kDay)};
    EXPECT_EQ(sweep(policy).tasks, 1);
    EXPECT_FALSE(has_row(brief));
    clock_.now_ms += 8 * kDay;
    EXPECT_EQ(sweep(policy).tasks, 1);
    EXPECT_FALSE(has_row(usual));
    EXPECT_TRUE(has_row(kept));
}

TEST_F(SweeperTest, PicturesMayGoBeforeTheirTask) {
    const domain::TaskId id = drawn("studio");
    const domain::Task running = leased("studio");
    store_picture(running, running.attempt);
    clock_.now_ms += 8 * kDay;
    const SweepReport report = sweep({.fallback = {.pictures = kWeek}});
    EXPECT_EQ(report.tasks, 0);
    EXPECT_EQ(report.pictures, 1);
    EXPECT_TRUE(has_given_up_pictures(id));
    EXPECT_FALSE(has_given_up_pictures(running.id));
    EXPECT_EQ(pictures(), 1U) << "the picture of the task that is drawn stays";
}

TEST_F(SweeperTest, ACrashBetweenTheRowAndItsPicturesLeavesOrphans) {
    const domain::TaskId id = drawn("studio");
    ASSERT_TRUE(storage::wait(store_, &TaskStore::give_up_pictures, id));
    EXPECT_EQ(sweep({}).orphans, 0);
    clock_.now_ms += kDay + 1;
    EXPECT_EQ(sweep({}).orphans, 1);
    EXPECT_TRUE(has_row(id));
}

TEST_F(SweeperTest, WhatAnEndedTaskStartedFromGoesWithItsPictures) {
    const domain::Task task = leased("studio");
    store_picture(task, kInputsAttempt);
    ASSERT_TRUE(storage::wait(store_, &TaskStore::cancel, task.id));
    const storage::FailedAttempt given_up{
        {task.id, task.attempt, "agent"}, {{ErrorCode::cancelled, "cancelled"}, false}};
    ASSERT_TRUE(storage::wait(store_, &TaskStore::fail, given_up));
    clock_.now_ms += 6 * kDay;
    EXPECT_EQ(sweep({.fallback = {.pictures = kWeek}}).pictures, 0);
    clock_.now_ms += 2 * kDay;
    EXPECT_EQ(sweep({.fallback = {.pictures = kWeek}}).pictures, 1);
    EXPECT_TRUE(has_row(task.id));
    EXPECT_FALSE(has_given_up_pictures(task.id)) << "it had no result";
}

TEST_F(SweeperTest, WhatATaskStartsFromStaysAsLongAsTheTask) {
    const domain::Task running = leased("studio");
    store_picture(running, kInputsAttempt);
    clock_.now_ms += 8 * kDay;
    const SweepReport report = sweep({.fallback = {.tasks = kWeek, .pictures = kWeek}});
    EXPECT_EQ(report.tasks + report.pictures + report.orphans, 0);
    EXPECT_EQ(pictures(), 1U);
}

TEST_F(SweeperTest, RemovesWhatNoTaskWantsAfterADay) {
    const domain::Task task = leased("studio");
    store_picture(task, task.attempt + 1);
    domain::Task unknown = task;
    unknown.id = domain::TaskId::random();
    store_picture(unknown, 1);
    clock_.now_ms += kDay;
    EXPECT_EQ(sweep({}).orphans, 0);
    clock_.now_ms += 1;
    const SweepReport report = sweep({});
    EXPECT_EQ(report.orphans, 2);
    EXPECT_EQ(report.bytes, 20);
    EXPECT_EQ(pictures(), 0U);
}

}  // namespace
}  // namespace darkroom::control
