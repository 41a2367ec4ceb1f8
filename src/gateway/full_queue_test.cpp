// SPDX-License-Identifier: Apache-2.0
// What both APIs answer about a queue that nobody works on: refusals, places, waits.
#include <string>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/format.h"
#include "gateway/gateway_fixture.h"
#include "image/png.h"

namespace darkroom::gateway {
namespace {

class FullQueue : public GatewayTest {
  protected:
    FullQueue() : GatewayTest({}, {.limits = {.tasks_per_tenant = 2}}) {}

    [[nodiscard]] http::ClientResponse submit(const std::string& name) const {
        http::Headers headers;
        headers.set("Request-Type", "async");
        headers.set("taskId", name);
        return send(
            "POST", "/txt2img", std::move(headers), R"({"stable_diffusion_model": "icons"})");
    }
};

TEST_F(FullQueue, RefusesWithTheTimeToComeBack) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    const http::ClientResponse refused = submit("three");
    EXPECT_EQ(refused.status, 429);
    EXPECT_GE(std::stoi(std::string(refused.headers.get("Retry-After"))), 1);
    EXPECT_EQ(
        json_of(refused)["message"].as_string(), "too many of your tasks wait; the limit is: 2");
    EXPECT_EQ(get("/tasks/three/result").status, 404);

    const http::ClientResponse of_a1111 = post("/sdapi/v1/txt2img", "{}");
    EXPECT_EQ(of_a1111.status, 429);
    EXPECT_GE(std::stoi(std::string(of_a1111.headers.get("Retry-After"))), 1);
    EXPECT_EQ(json_of(of_a1111)["error"].as_string(), "HTTPException");
}

TEST_F(FullQueue, RefusesExtrasWithTheTimeToComeBackAndKeepsNoPictureOfThem) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    const image::Image picture{.width = 1, .height = 1, .channels = 3, .pixels = {1, 2, 3}};
    const std::string body =
        format(R"({{"image": "{}"}})", base64_encode(image::encode_png(picture, {}).value()));
    for (const char* path : {"/sdapi/v1/extra-single-image", "/extra_images"}) {
        const http::ClientResponse refused = post(path, body);
        EXPECT_EQ(refused.status, 429) << refused.body;
        EXPECT_GE(std::stoi(std::string(refused.headers.get("Retry-After"))), 1);
    }
    EXPECT_TRUE(objects_.list({}).value().empty());
}

TEST_F(FullQueue, FindsWhatIsInIt) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    EXPECT_EQ(submit("one").status, 200);
}

TEST_F(FullQueue, HasRoomAgainWhenATaskIsCancelled) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    EXPECT_EQ(post("/tasks/one/cancellation", "").status, 200);
    EXPECT_EQ(submit("three").status, 200);
}

TEST_F(FullQueue, EveryAnswerAboutATaskThatWaitsSaysWhereAndHowLong) {
    const json::Value first = json_of(submit("one"));
    const json::Value second = json_of(submit("two"));
    EXPECT_EQ(first["queuePosition"].as_integer(), 0);
    EXPECT_EQ(second["queuePosition"].as_integer(), 1);
    EXPECT_GT(first["etaSeconds"].as_double(), 0.0);
    EXPECT_GT(second["etaSeconds"].as_double(), first["etaSeconds"].as_double());
    for (const char* view : {"/tasks/two/progress", "/tasks/two/result"}) {
        const json::Value shown = json_of(get(view));
        EXPECT_EQ(shown["queuePosition"].as_integer(), 1) << view;
        EXPECT_EQ(shown["etaSeconds"].as_double(), second["etaSeconds"].as_double()) << view;
    }
    const json::Value progress = json_of(get("/sdapi/v1/progress?id_task=two"));
    EXPECT_NEAR(progress["eta_relative"].as_double(), second["etaSeconds"].as_double(), 0.11);
}

}  // namespace
}  // namespace darkroom::gateway
