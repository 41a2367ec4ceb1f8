// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

TEST(Batching, TwoRequestsShareUnetCallsAndTheirBytesStayAsAlone) {
    const Drawing long_one{
        .prompt = "a red apple, flat style", .steps = 40, .sampler = "Euler", .seed = 3};
    const Drawing short_one{
        .prompt = "(a fox:1.2)", .steps = 12, .sampler = "DPM++ 2M Karras", .seed = 4};
    const TemporaryFolder data;
    const Server server(data.path());
    const Answer long_alone = server.post(kTxt2img, body_of(long_one));
    const Answer short_alone = server.post(kTxt2img, body_of(short_one));
    ASSERT_TRUE(long_alone && short_alone);
    const std::string wide = "darkroom_engine_unet_calls_total{width=\"4\"}";
    ASSERT_EQ(server.metric(wide), 0);

    auto long_together = server.post_in_background(kTxt2img, body_of(long_one));
    ASSERT_TRUE(eventually([&] { return server.is_sampling(); }));
    auto short_together = server.post_in_background(kTxt2img, body_of(short_one));
    const Answer long_answer = long_together.get();
    const Answer short_answer = short_together.get();
    ASSERT_TRUE(long_answer && short_answer);
    EXPECT_GT(server.metric(wide), 0);
    EXPECT_EQ(picture_of(*long_answer), picture_of(*long_alone));
    EXPECT_EQ(picture_of(*short_answer), picture_of(*short_alone));
}

}  // namespace
}  // namespace darkroom::integration
