// SPDX-License-Identifier: Apache-2.0
#include "api/progress.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

TEST(Progress, IdleIsZeroWithoutAPicture) {
    JobProgress idle{.job = "scripts_txt2img", .job_count = 3, .elapsed_s = 9.0};
    idle.current_image = "AAAA";
    EXPECT_EQ(
        json::dump(progress_body(idle)),
        R"({"progress":0.0,"eta_relative":0.0,"state":{"skipped":false,"interrupted":false,)"
        R"("stopping_generation":false,"job":"","job_count":0,"job_timestamp":"0","job_no":0,)"
        R"("sampling_step":0,"sampling_steps":0},"current_image":null,"textinfo":null})");
}

TEST(Progress, CountsIterationsAndSteps) {
    JobProgress job{.is_active = true, .job = "scripts_txt2img", .job_count = 2, .job_no = 1};
    job.sampling_step = 5;
    job.sampling_steps = 20;
    job.elapsed_s = 6.35;
    // 0.01 + 1/2 + 1/2 * 5/20
    EXPECT_DOUBLE_EQ(progress_share(job), 0.635);
    const json::Value body = progress_body(job);
    EXPECT_NEAR(body["eta_relative"].as_double(), 6.35 / 0.635 - 6.35, 1e-9);
    EXPECT_EQ(body["state"]["job_count"], json::Value(2));
    EXPECT_EQ(body["state"]["job"], json::Value("scripts_txt2img"));
}

TEST(Progress, AJobThatWaitsSaysHowLong) {
    JobProgress job{.is_active = true, .eta_s = 90.5};
    EXPECT_EQ(progress_body(job)["eta_relative"].as_double(), 90.5);
    job.is_active = false;
    EXPECT_EQ(progress_body(job)["eta_relative"].as_double(), 0.0);
}

TEST(Progress, NeverExceedsOneNorReadsAsIdle) {
    JobProgress job{.is_active = true, .job_count = 1, .job_no = 1};
    job.sampling_step = 20;
    job.sampling_steps = 20;
    EXPECT_EQ(progress_share(job), 1.0);
    job.job_count = -1;
    EXPECT_EQ(progress_share(job), 0.01);
    EXPECT_EQ(progress_body(job)["state"]["job_count"], json::Value(-1));
    job.job_count = 0;
    EXPECT_EQ(progress_body(job)["state"]["job_count"], json::Value(-1));
}

TEST(Progress, CarriesThePreviewOfARunningJob) {
    JobProgress job{.is_active = true, .job_count = 1};
    job.current_image = "AAAA";
    job.textinfo = "loading";
    EXPECT_EQ(progress_body(job)["current_image"], json::Value("AAAA"));
    EXPECT_EQ(progress_body(job)["textinfo"], json::Value("loading"));
}

}  // namespace
}  // namespace darkroom::api
