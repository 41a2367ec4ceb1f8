// SPDX-License-Identifier: Apache-2.0
// The serverless API through the real server: submit, progress, result, picture, cancel.

#include <csignal>

#include <gtest/gtest.h>

#include "image/png.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

constexpr const char* kTxt2img = "/txt2img";
/// Long enough to be cancelled on the way.
constexpr std::int64_t kManySteps = 400;

constexpr const char* kCheckpoint = "icons-128.safetensors";
/// The same pictures under another name.
constexpr const char* kOther = "more/other.safetensors";

std::string order_of(const Drawing& drawing, const char* checkpoint = kCheckpoint) {
    json::Object fields = fields_of(drawing);
    fields.set("stable_diffusion_model", checkpoint);
    return json::dump(fields);
}

class Serverless : public ::testing::Test {
  protected:
    Serverless() {
        std::filesystem::create_directory(models_ / "more");
        for (const char* name : {kCheckpoint, kOther})
            std::filesystem::create_symlink(bundled_checkpoint(), models_ / name);
        server_ = std::make_unique<Server>(data_.path(), models_.path());
    }

    Answer send(const std::string& body, const http::Headers& headers) {
        http::ClientRequest request;
        request.method = "POST";
        request.url = kTxt2img;
        request.headers = headers;
        request.headers.set("Content-Type", "application/json");
        request.body = body;
        return server_->send(std::move(request));
    }

    /// Submits a task for later under a name.
    void submit(
        const std::string& name, const Drawing& drawing, const char* checkpoint = kCheckpoint) {
        const Answer answer =
            send(order_of(drawing, checkpoint), {{"Request-Type", "async"}, {"taskId", name}});
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->status, 200) << answer->body;
        EXPECT_EQ(answer->headers.get("taskId"), name);
        EXPECT_EQ(json::parse(answer->body).value()["taskId"].as_string(), name);
    }

    json::Value look(const std::string& name, const std::string& view) {
        const Answer answer = server_->get("/tasks/" + name + "/" + view);
        if (!answer || answer->status != 200) return json::Object{{"status", "?"}};
        return json::parse(answer->body).value();
    }

    std::string status(const std::string& name) {
        return look(name, "result")["status"].as_string();
    }

    int cancel(const std::string& name) {
        const Answer answer = server_->post("/tasks/" + name + "/cancellation", "");
        return answer ? answer->status : 0;
    }

    TemporaryFolder data_;
    TemporaryFolder models_;
    std::unique_ptr<Server> server_;
};

TEST_F(Serverless, ASynchronousRequestAnswersWithALinkToItsPicture) {
    const Answer answer = send(order_of({}), {});
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
    const json::Value body = json::parse(answer->body).value();
    EXPECT_EQ(body["status"].as_string(), "succeeded");
    EXPECT_EQ(body["taskId"].as_string(), answer->headers.get("taskId"));
    ASSERT_EQ(body["ossUrl"].as_array().size(), 1u);

    http::ClientRequest fetch;
    const std::string& link = body["ossUrl"][0].as_string();
    ASSERT_TRUE(link.starts_with(server_->url() + "/")) << link;
    fetch.url = link.substr(server_->url().size());
    const Answer picture = server_->send(fetch);
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->status, 200);
    EXPECT_EQ(picture->headers.get("Content-Type"), "image/png");
    EXPECT_TRUE(image::decode_png(std::as_bytes(std::span(picture->body))));

    fetch.url.back() = fetch.url.back() == '0' ? '1' : '0';
    const Answer forged = server_->send(fetch);
    ASSERT_TRUE(forged);
    EXPECT_EQ(forged->status, 403);
}

TEST_F(Serverless, AnAsynchronousTaskIsFollowedToItsResult) {
    submit("mine", {.steps = 20});
    ASSERT_TRUE(eventually([&] { return status("mine") == "succeeded"; }));
    const json::Value result = look("mine", "result");
    EXPECT_EQ(result["ossUrl"].as_array().size(), 1u);
    EXPECT_EQ(result["info"]["steps"].as_integer(), 20);
    EXPECT_EQ(result["parameters"]["prompt"].as_string(), Drawing{}.prompt);
    EXPECT_EQ(look("mine", "progress")["progress"].as_double(), 1.0);

    // The same request under its name is the same task; another one is refused.
    const http::Headers named = {{"taskId", "mine"}};
    const Answer again = send(order_of({.steps = 20}), named);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, 200) << again->body;
    const Answer other = send(order_of({.steps = 21}), named);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->status, 409) << other->body;
    EXPECT_EQ(server_->metric("darkroom_tasks{state=\"succeeded\"}"), 1);
}

TEST_F(Serverless, ATaskThatWaitsIsCancelledAtOnceAndNeverDrawn) {
    submit("running", {.steps = kManySteps});
    ASSERT_TRUE(eventually([&] { return server_->is_sampling(); }));
    // An agent that draws takes no other checkpoint.
    submit("waiting", {}, kOther);
    EXPECT_EQ(look("waiting", "progress")["queuePosition"].as_integer(), 0);
    EXPECT_EQ(cancel("waiting"), 200);
    EXPECT_EQ(status("waiting"), "cancelled");
    EXPECT_EQ(cancel("waiting"), 409);
    const json::Value result = look("waiting", "result");
    EXPECT_TRUE(result["images"].is_null());
    EXPECT_TRUE(result["message"].is_string());
}

TEST_F(Serverless, ATaskThatIsDrawnStopsSoonAndEndsCancelled) {
    submit("running", {.steps = kManySteps});
    ASSERT_TRUE(eventually([&] { return server_->is_sampling(); }));
    const json::Value progress = look("running", "progress");
    EXPECT_EQ(progress["status"].as_string(), "running");
    EXPECT_LT(progress["progress"].as_double(), 1.0);
    EXPECT_EQ(cancel("running"), 200);
    ASSERT_TRUE(eventually([&] { return status("running") == "cancelled"; }));
    // The agent is free for the next one.
    const Answer next = send(order_of({.seed = 2}), {});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->status, 200) << next->body;
    EXPECT_EQ(server_->metric("darkroom_agent_starts_total"), 1);
}

TEST_F(Serverless, ANameThatLooksLikeAnotherTasksIdStillMeansItsOwnTask) {
    const Answer first = send(order_of({}), {});
    ASSERT_TRUE(first);
    const std::string id(first->headers.get("taskId"));
    EXPECT_EQ(status(id), "succeeded");
    submit(id, {.steps = 3});
    ASSERT_TRUE(eventually([&] { return status(id) == "succeeded"; }));
    EXPECT_EQ(look(id, "result")["info"]["steps"].as_integer(), 3);
}

TEST_F(Serverless, TasksSurviveTheServerAndAreListed) {
    submit("kept", {.steps = kManySteps / 4});
    server_->signal(SIGKILL);
    server_->wait();
    server_ = std::make_unique<Server>(data_.path(), models_.path());
    ASSERT_TRUE(eventually([&] { return status("kept") == "succeeded"; }));
    const Answer answer = server_->get("/tasks?status=succeeded");
    ASSERT_TRUE(answer);
    const json::Value page = json::parse(answer->body).value();
    ASSERT_EQ(page["tasks"].as_array().size(), 1u);
    EXPECT_EQ(page["tasks"][0]["taskId"].as_string(), "kept");
    EXPECT_TRUE(page["next"].is_null());
}

TEST_F(Serverless, MistakesAreNamedInTheReferencesShape) {
    const auto expect = [&](const Answer& answer, int status, const std::string& message) {
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, status) << answer->body;
        const json::Value body = json::parse(answer->body).value();
        EXPECT_NE(body["message"].as_string().find(message), std::string::npos) << answer->body;
    };
    expect(send("not JSON", {}), 400, "bad request body");
    expect(send("{}", {}), 400, "stable_diffusion_model");
    const Answer unnamed = send(order_of({}), {{"taskId", std::string(257, 'a')}});
    expect(unnamed, 400, "taskId header");
    EXPECT_EQ(unnamed->headers.find("taskId"), nullptr);
    const Answer unknown = send(R"({"stable_diffusion_model": "../../config.json"})", {});
    expect(unknown, 404, "model not found");
    EXPECT_FALSE(unknown->headers.get("taskId").empty());
    expect(
        send(R"({"stable_diffusion_model": "icons-128", "enable_hr": true})", {}),
        422,
        "enable_hr");
    expect(server_->get("/tasks/nonsense/result"), 404, "not found");
    expect(server_->get("/tasks/nonsense/progress"), 404, "not found");
    expect(server_->post("/tasks/nonsense/cancellation", ""), 404, "not found");
    expect(server_->get("/models/nonsense"), 404, "not found");
    expect(server_->get("/tasks/nonsense"), 405, "");
}

TEST_F(Serverless, CheckpointsAreListed) {
    const Answer answer = server_->get("/models");
    ASSERT_TRUE(answer);
    const json::Value models = json::parse(answer->body).value();
    ASSERT_EQ(models.as_array().size(), 2u);
    for (const char* name : {kCheckpoint, kOther}) {
        const Answer answer_of_one = server_->get("/models/" + std::string(name));
        ASSERT_TRUE(answer_of_one);
        const json::Value one = json::parse(answer_of_one->body).value();
        EXPECT_EQ(one[0]["name"].as_string(), name);
        EXPECT_EQ(one[0]["type"].as_string(), "stableDiffusion");
        EXPECT_EQ(one[0]["family"].as_string(), "sd1");
    }
}

TEST(DataFolder, IsNobodyElsesWhenTheServerMakesIt) {
    const TemporaryFolder parent;
    const Server server(parent / "data");
    EXPECT_EQ(
        std::filesystem::status(parent / "data").permissions(), std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace darkroom::integration
