// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <gtest/gtest.h>

#include "image/png.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

TEST(Drain, FinishesTheRunningPictureAndTakesNoOther) {
    const TemporaryFolder data;
    Server server(data.path());
    const pid_t agent = server.agent();
    auto drawn = server.post_in_background(kTxt2img, body_of({.steps = 60}));
    ASSERT_TRUE(eventually([&] { return server.is_sampling(); }));
    server.signal(SIGTERM);
    EXPECT_TRUE(eventually([&] {
        const Answer ready = server.get("/readyz");
        return !ready || ready->status == 503;
    }));
    const Answer refused = server.post(kTxt2img, body_of({.seed = 2}));
    if (refused) {
        EXPECT_EQ(refused->status, 503) << refused->body;
    }

    const Answer answer = drawn.get();
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->status, 200) << answer->body;
    EXPECT_TRUE(image::decode_png(picture_of(*answer)));
    EXPECT_EQ(server.wait(), 0);
    EXPECT_FALSE(is_alive(agent));
}

TEST(Drain, OfAnIdleServerIsPrompt) {
    const TemporaryFolder data;
    Server server(data.path());
    server.signal(SIGINT);
    EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace darkroom::integration
