// SPDX-License-Identifier: Apache-2.0
// Functions and the pool of agents behind them, through the real server.

#include <csignal>

#include <gtest/gtest.h>

#include "image/png.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

constexpr std::int64_t kManySteps = 60;
constexpr const char* kList = "/list/sdapi/functions";
constexpr const char* kUpdate = "/batch_update_sd_resource";
constexpr const char* kDelete = "/del/sd/functions";

class Functions : public ::testing::Test {
  protected:
    Functions() {
        for (const char* name : {"one.safetensors", "two.safetensors"})
            std::filesystem::create_symlink(bundled_checkpoint(), models_ / name);
    }

    void start(const std::vector<std::string>& flags) {
        server_ = std::make_unique<Server>(data_.path(), models_.path(), flags);
    }

    static std::string order(const std::string& checkpoint, std::int64_t steps = 2) {
        json::Object fields = fields_of({.steps = steps});
        fields.set("override_settings", json::Object{{"sd_model_checkpoint", checkpoint}});
        return json::dump(fields);
    }

    void draw(const std::string& checkpoint) {
        const Answer answer = server_->post(kTxt2img, order(checkpoint));
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->status, 200) << answer->body;
    }

    json::Array list() {
        const Answer answer = server_->get(kList);
        if (!answer || answer->status != 200) return {};
        return json::parse(answer->body).value()["functions"].as_array();
    }

    /// The function of a checkpoint; null when there is none.
    json::Value function(const std::string& checkpoint) {
        for (const json::Value& entry : list()) {
            if (entry["model"].as_string() == checkpoint) return entry;
        }
        return {};
    }

    TemporaryFolder data_;
    TemporaryFolder models_;
    std::unique_ptr<Server> server_;
};

TEST_F(Functions, NoAgentRunsWhenNobodyDrawsAndARequestBringsOneBack) {
    start({"--idle-seconds", "1"});
    ASSERT_TRUE(eventually([&] { return server_->agents().empty(); }));
    EXPECT_EQ(server_->get("/readyz")->status, 200);
    EXPECT_EQ(list().size(), 0U);
    draw("one");
    const json::Value used = function("one.safetensors");
    ASSERT_TRUE(used.is_object());
    EXPECT_TRUE(used["functionName"].as_string().starts_with("sd_"));
    EXPECT_TRUE(eventually([&] { return function("one.safetensors")["pictures"] == 1; }));
    EXPECT_TRUE(eventually([&] {
        return server_->agents().empty() &&
               function("one.safetensors")["status"].as_string() == "cold";
    }));
    EXPECT_EQ(server_->metric("darkroom_agent_deaths_total"), 0);
}

TEST_F(Functions, TwoCheckpointsAreDrawnByTwoAgentsAtOnce) {
    start({"--max-agents", "2", "--threads", "1"});
    auto one = server_->post_in_background(kTxt2img, order("one", kManySteps));
    auto two = server_->post_in_background(kTxt2img, order("two", kManySteps));
    EXPECT_TRUE(eventually([&] {
        return function("one.safetensors").is_object() && function("two.safetensors").is_object() &&
               function("one.safetensors")["status"].as_string() == "busy" &&
               function("two.safetensors")["status"].as_string() == "busy";
    }));
    EXPECT_EQ(server_->agents().size(), 2U);
    for (auto* drawn : {&one, &two}) {
        const Answer answer = drawn->get();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200) << answer->body;
    }
    EXPECT_EQ(server_->metric("darkroom_agent_starts_total"), 2);
}

TEST_F(Functions, OneThatIsConfiguredIsLoadedBeforeItsFirstTask) {
    start({"--idle-seconds", "1"});
    const Answer updated = server_->post(
        kUpdate,
        R"({"models": ["two.safetensors", "nonsense"], "minInstances": 1, "cpu": 1,
            "image": "registry/sd:1", "nonsense": 1})");
    ASSERT_TRUE(updated);
    ASSERT_EQ(updated->status, 200) << updated->body;
    const json::Value answer = json::parse(updated->body).value();
    EXPECT_EQ(answer["status"].as_string(), "success");
    EXPECT_EQ(answer["notApplied"][0].as_string(), "image");
    EXPECT_EQ(answer["unknownModels"][0].as_string(), "nonsense");
    EXPECT_EQ(answer["unknownFields"][0].as_string(), "nonsense");
    EXPECT_TRUE(
        eventually([&] { return function("two.safetensors")["status"].as_string() == "warm"; }));
    EXPECT_EQ(function("two.safetensors")["settings"]["image"].as_string(), "registry/sd:1");
    draw("two");
    draw("one");
    // It comes back on its own.
    EXPECT_TRUE(
        eventually([&] { return function("two.safetensors")["status"].as_string() == "warm"; }));
    EXPECT_EQ(server_->post(kUpdate, R"({"timeout": "long"})")->status, 422);
    EXPECT_EQ(server_->post(kUpdate, R"({"maxInstances": -1})")->status, 422);
    EXPECT_EQ(server_->post(kUpdate, "{")->status, 400);
}

TEST_F(Functions, OneThatIsDeletedLetsItsTaskFinish) {
    start({});
    auto drawn = server_->post_in_background(kTxt2img, order("one", kManySteps));
    ASSERT_TRUE(eventually([&] { return server_->is_sampling(); }));
    const pid_t agent = server_->agent();
    const std::string name = function("one.safetensors")["functionName"].as_string();
    const std::string body = json::dump(json::Object{{"functions", json::Array{name}}});
    EXPECT_EQ(server_->post(kDelete, body)->status, 200);
    EXPECT_EQ(list().size(), 0U);
    EXPECT_EQ(server_->post(kDelete, body)->status, 404);
    EXPECT_EQ(server_->post(kDelete, "{}")->status, 400);
    const Answer answer = drawn.get();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200) << answer->body;
    EXPECT_TRUE(eventually([&] { return !is_alive(agent); }));
    draw("one");
    EXPECT_EQ(function("one.safetensors")["functionName"].as_string(), name);
}

TEST_F(Functions, ARestartReplacesTheAgentsBehindThem) {
    start({});
    draw("one");
    const pid_t agent = server_->agent();
    const Answer answer = server_->post("/restart", "");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(json::parse(answer->body).value()["message"].as_string(), "success");
    EXPECT_NE(server_->next_agent(agent), agent);
    EXPECT_TRUE(
        eventually([&] { return function("one.safetensors")["status"].as_string() == "warm"; }));
    EXPECT_EQ(server_->metric("darkroom_agent_deaths_total"), 0);
}

TEST_F(Functions, ATaskThatTakesLongerThanItsTimeoutFails) {
    start({});
    EXPECT_EQ(server_->post(kUpdate, R"({"models": ["one"], "timeout": 1})")->status, 200);
    const Answer answer = server_->post(kTxt2img, order("one", 1'000));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 504) << answer->body;
    draw("two");
}

TEST_F(Functions, AnAgentThatStandsStillIsReplacedAndItsTaskIsDrawn) {
    start({});
    auto drawn = server_->post_in_background(kTxt2img, order("one", kManySteps));
    ASSERT_TRUE(eventually([&] { return server_->is_sampling(); }));
    const pid_t agent = server_->agent();
    ASSERT_EQ(::kill(agent, SIGSTOP), 0);
    const Answer answer = drawn.get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200) << answer->body;
    EXPECT_TRUE(image::decode_png(picture_of(*answer)));
    EXPECT_FALSE(is_alive(agent));
}

}  // namespace
}  // namespace darkroom::integration
