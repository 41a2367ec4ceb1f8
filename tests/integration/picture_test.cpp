// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/png.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

using testing::StartsWith;

TEST(Picture, OverHttpIsAPngThatSaysHowItWasDrawn) {
    const TemporaryFolder data;
    const Server server(data.path());
    const Drawing drawing{.steps = 4, .seed = 42};
    const Answer answer = server.post(kTxt2img, body_of(drawing));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;

    const auto picture = image::decode_png(picture_of(*answer));
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->image.width, 128u);
    EXPECT_EQ(picture->image.height, 128u);
    ASSERT_FALSE(picture->texts.empty());
    EXPECT_EQ(picture->texts.front().keyword, "parameters");
    EXPECT_THAT(picture->texts.front().text, StartsWith(drawing.prompt + "\nSteps: 4, "));

    const auto body = json::parse(answer->body);
    ASSERT_TRUE(body);
    EXPECT_EQ((*body)["parameters"]["prompt"], json::Value(drawing.prompt));
    const auto info = json::parse((*body)["info"].as_string());
    ASSERT_TRUE(info);
    EXPECT_EQ((*info)["seed"], json::Value(42));
    EXPECT_EQ((*info)["infotexts"][0], json::Value(picture->texts.front().text));

    EXPECT_EQ(server.metric("darkroom_tasks{state=\"succeeded\"}"), 1);
    EXPECT_EQ(server.metric("darkroom_engine_unet_calls_total{width=\"2\"}"), 4);
}

TEST(Picture, IsTheSameAgainWithTheSameSeed) {
    const TemporaryFolder data;
    const Server server(data.path());
    const Answer first = server.post(kTxt2img, body_of({.seed = 7}));
    const Answer second = server.post(kTxt2img, body_of({.seed = 7}));
    const Answer other = server.post(kTxt2img, body_of({.seed = 8}));
    ASSERT_TRUE(first && second && other);
    EXPECT_EQ(picture_of(*first), picture_of(*second));
    EXPECT_NE(picture_of(*first), picture_of(*other));
}

TEST(Picture, InterruptedComesEarly) {
    constexpr std::int64_t kSteps = 500;
    const TemporaryFolder data;
    const Server server(data.path());
    auto drawn = server.post_in_background(kTxt2img, body_of({.steps = kSteps}));
    ASSERT_TRUE(eventually([&] { return server.is_sampling(); }));
    const Answer interrupted = server.post("/sdapi/v1/interrupt", "");
    ASSERT_TRUE(interrupted);
    EXPECT_EQ(interrupted->status, 200);

    const Answer answer = drawn.get();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
    EXPECT_TRUE(image::decode_png(picture_of(*answer)));
    EXPECT_LT(server.metric("darkroom_engine_unet_calls_total{width=\"2\"}"), kSteps);
}

}  // namespace
}  // namespace darkroom::integration
