// SPDX-License-Identifier: Apache-2.0
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/hooked_task_store.h"
#include "gateway/credentials_fixture.h"

namespace darkroom::gateway {
namespace {

using domain::Scope;
using ::testing::HasSubstr;

constexpr std::int64_t kDayMs = 86'400'000;

class Quotas : public CredentialsTest {
  protected:
    void allow(const domain::Quotas& quotas) {
        ASSERT_TRUE(
            storage::wait(accounts_, &storage::AccountStore::set_tenant, {"studio", quotas, 1}));
        access_->note_quotas("studio", quotas);
    }
    http::ClientResponse submit(const std::string& more = "", http::Headers headers = {}) {
        headers.set("Request-Type", "async");
        return send_as(
            key_,
            "POST /txt2img",
            R"({"stable_diffusion_model": "icons")" + more + "}",
            std::move(headers));
    }
    Result<domain::Task> submit_directly() {
        control::Submission submission;
        submission.task.tenant = "studio";
        submission.task.kind = "txt2img";
        submission.task.model = "icons";
        submission.task.request = "{}";
        submission.task.body_hash = "hash";
        submission.work = kWork;
        const double seconds = dispatcher_.predict(submission);
        // Room for two and a half such tasks.
        const domain::Quotas quotas{.queued_seconds = 2.5 * seconds};
        runtime::Task<domain::Task> task =
            access_->quota_gate().submit(dispatcher_, quotas, std::move(submission));
        return runtime::block_on(io_.executor(), std::move(task));
    }

    static inline const scheduling::Work kWork{
        .steps = 20, .pixels = 512 * 512, .images = 1, .is_guided = true};
    std::string key_ = key_for("studio", {Scope::generate});
};

TEST_F(Quotas, ATenantMayHaveSoManyTasksInTheQueue) {
    allow({.queued_tasks = 2});
    EXPECT_EQ(submit().status, 200);
    EXPECT_EQ(submit().status, 200);
    const auto refused = submit();
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(
        refused.body, HasSubstr("quota of queued tasks is used up (quotas.queuedTasks: 2)"));
    EXPECT_EQ(refused.headers.get("Retry-After"), "10");
    draw_next();
    EXPECT_EQ(submit().status, 200) << "what is drawn waits no more";
    EXPECT_EQ(submit().status, 429);
    const std::string other = key_for("agency", {Scope::generate});
    const auto theirs = send_as(
        other,
        "POST /txt2img",
        R"({"stable_diffusion_model": "icons"})",
        {{"Request-Type", "async"}});
    EXPECT_EQ(theirs.status, 200);
}

TEST_F(Quotas, A1111sClientsGetTheRefusalInTheirShape) {
    allow({.queued_tasks = 0});
    const auto refused = send_as(key_, "POST /sdapi/v1/txt2img", "{}");
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(json_of(refused)["detail"].as_string(), HasSubstr("queued tasks"));
    EXPECT_EQ(refused.headers.get("Retry-After"), "10");
}

TEST_F(Quotas, PredictedWorkInTheQueueIsBounded) {
    EXPECT_TRUE(submit_directly());
    EXPECT_TRUE(submit_directly());
    const Result<domain::Task> refused = submit_directly();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(refused.error().field, "quotas.queuedSeconds");
    draw_next();
    EXPECT_TRUE(submit_directly());
}

TEST_F(Quotas, PicturesAreBoundedByTheDay) {
    clock_.now_ms = 20'000 * kDayMs + 3'600'000;
    allow({.pictures_per_day = 5});
    EXPECT_EQ(submit(R"(, "batch_size": 2, "n_iter": 2)").status, 200);
    const auto refused = submit(R"(, "batch_size": 2)");
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(refused.body, HasSubstr("pictures a day is used up (quotas.picturesPerDay: 5)"));
    EXPECT_EQ(refused.headers.get("Retry-After"), "82800");
    EXPECT_EQ(submit().status, 200);
    EXPECT_EQ(submit().status, 429);
    clock_.now_ms += 23 * 3'600'000;
    EXPECT_EQ(submit().status, 200) << "a new day";
}

TEST_F(Quotas, ARepeatedRequestCostsNothing) {
    allow({.queued_tasks = 1, .pictures_per_day = 1});
    EXPECT_EQ(submit("", {{"taskId", "mine"}}).status, 200);
    EXPECT_EQ(submit("", {{"taskId", "mine"}}).status, 200);
    EXPECT_EQ(submit(R"(, "steps": 3)", {{"taskId", "mine"}}).status, 409);
    EXPECT_EQ(submit("", {{"taskId", "other"}}).status, 429);
}

TEST_F(Quotas, OfManySubmitsAtOnceAsManySucceedAsTheQuotaAllows) {
    allow({.queued_tasks = 5});
    std::vector<std::future<int>> answers;
    for (int i = 0; i < 12; ++i)
        answers.push_back(std::async(std::launch::async, [this] { return submit().status; }));
    int accepted = 0;
    for (std::future<int>& answer : answers) {
        const int status = answer.get();
        EXPECT_TRUE(status == 200 || status == 429) << status;
        accepted += status == 200 ? 1 : 0;
    }
    EXPECT_EQ(accepted, 5);
}

/// Between the look at what was submitted and the submit, its owner removes it.
TEST_F(Quotas, ANameWhoseTaskWasRemovedMeanwhileCostsAsNewWorkDoes) {
    control::HookedTaskStore rows(clock_);
    control::Dispatcher dispatcher(rows, clock_, {});
    control::Submission submission;
    submission.task.tenant = "studio";
    submission.task.kind = "txt2img";
    submission.task.model = "icons";
    submission.task.request = "{}";
    submission.task.idempotency_key = "mine";
    submission.work = kWork;
    const domain::Quotas quotas{.pictures_per_day = 1};
    const auto ask = [&] {
        submission.task.id = domain::TaskId::random();
        runtime::Task<domain::Task> task =
            access_->quota_gate().submit(dispatcher, quotas, submission);
        return runtime::block_on(io_.executor(), std::move(task));
    };
    const domain::TaskId first = ask()->id;
    EXPECT_EQ(ask()->id, first) << "the same again";
    ASSERT_TRUE(storage::wait(rows, &storage::TaskStore::cancel, first));
    rows.after_find = [&] { EXPECT_TRUE(storage::wait(rows, &storage::TaskStore::remove, first)); };
    const Result<domain::Task> refused = ask();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "quotas.picturesPerDay");
}

TEST_F(Quotas, WhatIsRefusedIsNotCounted) {
    allow({.queued_tasks = 1, .pictures_per_day = 2});
    EXPECT_EQ(submit().status, 200);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(submit().status, 429);
    draw_next();
    EXPECT_EQ(submit().status, 200);
}

}  // namespace
}  // namespace darkroom::gateway
