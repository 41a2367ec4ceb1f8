// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_task.h"

#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

using domain::TaskState;

constexpr const char* kId = "0123456789abcdef0123456789abcdef";

domain::Task task_in(TaskState state) {
    domain::Task task{.id = domain::TaskId::parse(kId).value()};
    task.state = state;
    task.model = "icons-128";
    task.kind = "txt2img";
    task.created_ms = 1000;
    return task;
}

TEST(ServerlessTask, EveryStateHasAWordOfTheReference) {
    const std::pair<TaskState, const char*> words[] = {
        {TaskState::queued, "waiting"},
        {TaskState::leased, "waiting"},
        {TaskState::running, "running"},
        {TaskState::uploading, "running"},
        {TaskState::succeeded, "succeeded"},
        {TaskState::failed, "failed"},
        {TaskState::expired, "failed"},
        {TaskState::dead, "failed"},
        {TaskState::cancelled, "cancelled"}};
    for (const auto& [state, word] : words)
        EXPECT_EQ(serverless_status(state), word);
}

TEST(ServerlessTask, ATaskHasTheNameThatItsCallerGaveIt) {
    domain::Task task = task_in(TaskState::queued);
    EXPECT_EQ(task_name(task), kId);
    task.idempotency_key = "myTask1";
    EXPECT_EQ(task_name(task), "myTask1");
    EXPECT_EQ(json::dump(waiting_body(task, {})), R"({"taskId":"myTask1","status":"waiting"})");
}

TEST(ServerlessTask, EveryAnswerAboutATaskThatWaitsSaysHowLong) {
    const domain::Task task = task_in(TaskState::queued);
    const QueueStanding standing{2, 12.34};
    for (const json::Value& body :
         {json::Value(waiting_body(task, standing)),
          json::Value(result_body(task, standing)),
          json::Value(task_progress_body(task, {}, standing))}) {
        EXPECT_EQ(body["queuePosition"].as_integer(), 2);
        EXPECT_EQ(body["etaSeconds"].as_double(), 12.4);
    }
}

TEST(ServerlessTask, AnUnfinishedResultIsNullsAndItsStatus) {
    EXPECT_EQ(
        json::dump(result_body(task_in(TaskState::running))),
        std::string(R"({"taskId":")") + kId +
            R"(","status":"running","images":null,"ossUrl":null,"info":null,"parameters":null,)"
            R"("state":"running"})");
}

TEST(ServerlessTask, AFailedResultSaysWhy) {
    domain::Task task = task_in(TaskState::dead);
    task.error = Error{ErrorCode::internal, "the engine died twice"};
    const json::Value body = result_body(task);
    EXPECT_EQ(body["status"].as_string(), "failed");
    EXPECT_EQ(body["state"].as_string(), "dead");
    EXPECT_EQ(body["message"].as_string(), "the engine died twice");
    EXPECT_EQ(json::Value(task_progress_body(task, {}, {}))["progress"].as_double(), 1.0);
}

TEST(ServerlessTask, ASucceededResultHasKeysLinksAndDetails) {
    const TaskPictures pictures{.keys = {"local/1/0.png"}, .urls = {"http://h/images/0"}};
    const json::Value body = result_body(
        task_in(TaskState::succeeded),
        pictures,
        {.info = json::Object{{"seed", 7}}, .parameters = json::Object{}});
    EXPECT_EQ(body["images"][0].as_string(), "local/1/0.png");
    EXPECT_EQ(body["ossUrl"][0].as_string(), "http://h/images/0");
    EXPECT_EQ(body["info"]["seed"].as_integer(), 7);
    EXPECT_EQ(body.as_object().find("message"), nullptr);
}

TEST(ServerlessTask, ProgressIsNothingWhileItWaitsAndTheJobsWhileItRuns) {
    const json::Value waiting = task_progress_body(task_in(TaskState::queued), {}, {});
    EXPECT_EQ(waiting["progress"].as_double(), 0.0);
    EXPECT_EQ(waiting["currentImage"].as_string(), "");
    EXPECT_EQ(waiting.as_object().find("state"), nullptr);
    JobProgress job;
    job.is_active = true;
    job.job_count = 1;
    job.sampling_step = 5;
    job.sampling_steps = 10;
    const json::Value running = task_progress_body(task_in(TaskState::running), job, {});
    EXPECT_NEAR(running["progress"].as_double(), 0.51, 1e-9);
    EXPECT_EQ(running["state"]["sampling_step"].as_integer(), 5);
    EXPECT_EQ(running.as_object().find("queuePosition"), nullptr);
    // A job that is known before its task was taken has done nothing yet.
    const json::Value known = task_progress_body(task_in(TaskState::leased), job, {});
    EXPECT_EQ(known["progress"].as_double(), 0.0);
}

TEST(ServerlessTask, APageSaysWhereTheNextOneBegins) {
    const std::vector<domain::Task> page = {task_in(TaskState::failed)};
    EXPECT_EQ(json::Value(task_list_body(page, false))["next"].as_string(), kId);
    const json::Value last = task_list_body(page, true);
    EXPECT_TRUE(last["next"].is_null());
    EXPECT_EQ(last["tasks"][0]["createdMs"].as_integer(), 1000);
    EXPECT_TRUE(last["tasks"][0]["startedMs"].is_null());
    EXPECT_EQ(last["tasks"][0]["attempts"], json::Value(0));
    EXPECT_EQ(last["tasks"][0]["failures"], json::Value(0));
}

TEST(ServerlessTask, TheParametersOfAGenerationAskForTheSameGeneration) {
    const TestSurroundings surroundings;
    const domain::Generation drawn = surroundings.generation(
        R"({"prompt": "a fox", "steps": 12, "seed": 9, "sampler_name": "Euler a",
            "scheduler": "karras", "width": 130, "cfg_scale": 4.5, "eta": 0.5})");
    json::Object parameters = generation_parameters(drawn);
    EXPECT_EQ(parameters.find("alwayson_scripts")->as_string(), "");
    parameters.erase("alwayson_scripts");
    const domain::Generation again = surroundings.generation(json::dump(parameters));
    EXPECT_EQ(again.prompt, drawn.prompt);
    EXPECT_EQ(again.seed, drawn.seed);
    EXPECT_EQ(again.width, 128);
    EXPECT_EQ(again.steps, 12);
    EXPECT_EQ(again.sampler, drawn.sampler);
    EXPECT_EQ(again.schedule, drawn.schedule);
    EXPECT_EQ(again.eta, drawn.eta);
    EXPECT_EQ(again.model, drawn.model);
}

}  // namespace
}  // namespace darkroom::api
