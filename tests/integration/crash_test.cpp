// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <gtest/gtest.h>

#include "image/png.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

constexpr std::int64_t kManySteps = 60;

TEST(Crash, OfTheAgentIsRepeatedOnceWithoutTheClientNoticing) {
    const TemporaryFolder data;
    const Server server(data.path());
    const pid_t first = server.agent();
    ASSERT_NE(first, 0);
    auto drawn = server.post_in_background(kTxt2img, body_of({.steps = kManySteps}));
    ASSERT_TRUE(eventually([&] { return server.is_sampling(); }));
    ASSERT_EQ(::kill(first, SIGKILL), 0);

    const Answer answer = drawn.get();
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->status, 200) << answer->body;
    EXPECT_TRUE(image::decode_png(picture_of(*answer)));
    EXPECT_NE(server.agent(), first);
    EXPECT_EQ(server.metric("darkroom_agent_starts_total"), 2);
    EXPECT_EQ(server.metric("darkroom_agent_deaths_total"), 1);
}

TEST(Crash, OfTheAgentTwiceIsAClearErrorAndTheServerDrawsOn) {
    const TemporaryFolder data;
    const Server server(data.path());
    auto drawn = server.post_in_background(kTxt2img, body_of({.steps = kManySteps}));
    pid_t agent = server.agent();
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(eventually([&] { return server.is_sampling(); }));
        ASSERT_EQ(::kill(agent, SIGKILL), 0);
        agent = server.next_agent(agent);
    }
    const Answer answer = drawn.get();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_GE(answer->status, 500);
    const auto body = json::parse(answer->body);
    ASSERT_TRUE(body) << answer->body;
    for (const char* key : {"error", "detail", "body", "errors"})
        EXPECT_NE(body->find(key), nullptr) << key;
    EXPECT_NE(answer->body.find("engine stopped twice"), std::string::npos) << answer->body;
    EXPECT_EQ(server.metric("darkroom_tasks{state=\"dead\"}"), 1);

    const Answer next = server.post(kTxt2img, body_of({.seed = 2}));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->status, 200) << next->body;
}

TEST(Crash, OfTheServerLeavesNoAgentAndLosesNoTask) {
    const TemporaryFolder data;
    const Drawing drawing{.steps = kManySteps, .task_name = "kept"};
    {
        Server server(data.path());
        auto drawn = server.post_in_background(kTxt2img, body_of(drawing));
        ASSERT_TRUE(eventually([&] { return server.is_sampling(); }));
        const pid_t agent = server.agent();
        ASSERT_NE(agent, 0);
        server.signal(SIGKILL);
        EXPECT_EQ(server.wait(), -SIGKILL);
        EXPECT_TRUE(eventually([&] { return !is_alive(agent); }));
        EXPECT_FALSE(drawn.get());
    }
    const Server server(data.path());
    ASSERT_TRUE(
        eventually([&] { return server.metric("darkroom_tasks{state=\"succeeded\"}") == 1; }));
    const double drawn_steps = server.metric("darkroom_engine_unet_calls_total{width=\"2\"}");

    const Answer answer = server.post(kTxt2img, body_of(drawing));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
    EXPECT_TRUE(image::decode_png(picture_of(*answer)));
    EXPECT_EQ(server.metric("darkroom_engine_unet_calls_total{width=\"2\"}"), drawn_steps);
}

}  // namespace
}  // namespace darkroom::integration
