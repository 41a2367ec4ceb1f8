// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key and ?dry_run on the routes that make tasks.
#include <array>
#include <future>

#include <gmock/gmock.h>

#include "base/encoding.h"
#include "gateway/gateway_fixture.h"
#include "image/png.h"

namespace darkroom::gateway {
namespace {

using storage::TaskStore;
using ::testing::HasSubstr;

constexpr const char* kServerless = "/txt2img";
constexpr const char* kA1111 = "/sdapi/v1/txt2img";
constexpr const char* kBody = R"({"stable_diffusion_model": "icons"})";
constexpr const char* kOtherBody = R"({"stable_diffusion_model": "icons", "steps": 3})";

struct Post {
    std::string target = kServerless;
    std::string body = kBody;
    std::string key = {};
    std::string name = {};
    bool is_async = true;
};

class SubmitOptions : public GatewayTest {
  protected:
    http::ClientResponse post(const Post& post) {
        http::ClientRequest request;
        request.method = "POST";
        request.url = server_->url() + post.target;
        request.body = post.body;
        if (!post.key.empty()) request.headers.set("Idempotency-Key", post.key);
        if (!post.name.empty()) request.headers.set("taskId", post.name);
        if (post.is_async) request.headers.set("Request-Type", "async");
        return tell(std::move(request));
    }
    std::size_t tasks() {
        return storage::wait(store_, &TaskStore::list, storage::TaskFilter{})->size();
    }
    void finish_next() {
        while (tasks() == 0)
            std::this_thread::yield();
        finish(lease());
    }
};

TEST_F(SubmitOptions, TheSameKeyAndBodyAreOneTask) {
    const http::ClientResponse first = post({.key = "order-1"});
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.headers.get("taskId"), "order-1");
    EXPECT_EQ(post({.key = "\"order-1\""}).status, 200);
    EXPECT_EQ(tasks(), 1U);
    post({.key = "order-2"});
    EXPECT_EQ(tasks(), 2U);
}

TEST_F(SubmitOptions, AnotherBodyUnderAKeyIs422AndUnderATaskIdStays409) {
    post({.key = "order-1"});
    EXPECT_EQ(post({.body = kOtherBody, .key = "order-1"}).status, 422);
    EXPECT_EQ(post({.body = kOtherBody, .name = "order-1"}).status, 409);
    EXPECT_EQ(post({.target = kA1111, .body = "{}", .key = "order-1"}).status, 422);
    EXPECT_EQ(tasks(), 1U);
}

TEST_F(SubmitOptions, AKeyAndANameMustBeEqual) {
    EXPECT_EQ(post({.key = "a", .name = "b"}).status, 422);
    EXPECT_EQ(
        post({.target = kA1111, .body = R"({"force_task_id": "b"})", .key = "a"}).status, 422);
    EXPECT_EQ(tasks(), 0U);
    EXPECT_EQ(post({.key = "a", .name = "a"}).status, 200);
    EXPECT_EQ(post({.key = "\"\""}).status, 422);
}

TEST_F(SubmitOptions, ASecondSynchronousCallWaitsForTheResultOfTheFirst) {
    const Post call{
        .target = kA1111, .body = R"({"prompt": "a fox"})", .key = "order-1", .is_async = false};
    auto first = std::async(std::launch::async, [&] { return post(call); });
    auto second = std::async(std::launch::async, [&] { return post(call); });
    finish_next();
    const http::ClientResponse one = first.get();
    const http::ClientResponse two = second.get();
    EXPECT_EQ(one.status, 200) << one.body;
    EXPECT_EQ(two.body, one.body);
    EXPECT_EQ(tasks(), 1U);
    EXPECT_EQ(post(call).body, one.body);
}

TEST_F(SubmitOptions, ADryRunCountsAndStoresNothing) {
    const std::string body =
        R"({"stable_diffusion_model": "icons", "prompt": "a fox", "batch_size": 2, "width": 64})";
    const http::ClientResponse answer = post({.target = "/txt2img?dry_run=true", .body = body});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(R"("dryRun":true,"model":"icons","pictures":2,"width":64)"));
    EXPECT_THAT(answer.body, HasSubstr(R"("prompt":{"tokens":5,"chunks":1})"));
    EXPECT_EQ(answer.headers.get("taskId"), "");
    const std::string plain = std::string(kA1111) + "?dry_run=true";
    EXPECT_THAT(post({.target = plain, .body = "{}"}).body, HasSubstr("\"dryRun\":true"));
    EXPECT_EQ(tasks(), 0U);
}

TEST_F(SubmitOptions, ADryRunRefusesWhatASubmitRefusesAndWhatAnAgentWould) {
    const std::string plain = std::string(kA1111) + "?dry_run=true";
    EXPECT_EQ(post({.target = plain, .body = R"({"steps": 0})"}).status, 422);
    EXPECT_EQ(post({.target = plain, .body = R"({"prompt": "endless"})"}).status, 422);
    EXPECT_EQ(
        post({.target = "/txt2img?dry_run=true",
              .body = R"({"stable_diffusion_model": "icons", "prompt": "endless"})"})
            .status,
        422);
    EXPECT_EQ(post({.target = "/txt2img?dry_run=maybe"}).status, 422);
    EXPECT_EQ(post({.target = std::string(kA1111) + "?dry_run=1", .body = "{}"}).status, 422);
    EXPECT_EQ(tasks(), 0U);
    EXPECT_EQ(post({.target = "/txt2img?dry_run=false"}).status, 200);
    EXPECT_EQ(tasks(), 1U);
}

/// A picture of 4 x 4 pixels as extras get it, and another body with it.
std::string extras_body(const std::string& more = "") {
    const image::Image grey{.width = 4, .height = 4, .pixels = std::vector<std::uint8_t>(48, 1)};
    const std::string file = base64_encode(image::encode_png(grey, {}).value());
    return format(
        R"({{"image": "{0}", "imageList": [{{"data": "{0}", "name": ""}}]{1}}})", file, more);
}

constexpr std::array kExtras = {
    "/extra_images", "/sdapi/v1/extra-single-image", "/sdapi/v1/extra-batch-images"};

TEST_F(SubmitOptions, ADryRunOfExtrasJudgesThePicturesAndStoresNothing) {
    for (const char* route : kExtras) {
        const std::string target = std::string(route) + "?dry_run=true";
        const http::ClientResponse answer = post(
            {.target = target, .body = extras_body(R"(, "upscaler_1": "Lanczos")"), .name = "n"});
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_THAT(answer.body, HasSubstr(R"("dryRun":true,"pictures":1,"pixels":64)"));
        const std::string bad = R"({"image": "cGljdHVyZQ==", "imageList": []})";
        EXPECT_GE(post({.target = target, .body = bad}).status, 400);
        EXPECT_EQ(
            post({.target = std::string(route) + "?dry_run=1", .body = extras_body()}).status, 422);
    }
    EXPECT_EQ(tasks(), 0U);
    EXPECT_TRUE(objects_.list({})->empty());
}

TEST_F(SubmitOptions, ExtrasUnderOneKeyAreOneTask) {
    std::size_t expected = 0;
    for (const char* route : kExtras) {
        const std::string key = format("order-{}", ++expected);
        EXPECT_EQ(post({.target = route, .body = extras_body(), .key = key}).status, 200);
        const http::ClientResponse again =
            post({.target = route, .body = extras_body(), .key = key});
        EXPECT_EQ(again.status, 200);
        EXPECT_EQ(again.headers.get("taskId"), key);
        EXPECT_EQ(tasks(), expected);
        const std::string other = extras_body(R"(, "upscaler_1": "Lanczos")");
        EXPECT_EQ(post({.target = route, .body = other, .key = key}).status, 422);
        EXPECT_EQ(post({.target = route, .body = other, .name = key}).status, 409);
    }
    EXPECT_EQ(tasks(), expected);
}

TEST_F(SubmitOptions, ARefusedPictureIs400OnBothServerlessRoutes) {
    for (const char* picture : {"cGljdHVyZQ==", "local/nothing/1/0.png", "other/a/1/0.png", "%"}) {
        const std::string init =
            format(R"({{"stable_diffusion_model": "icons", "init_images": ["{}"]}})", picture);
        const http::ClientResponse drawn = post({.target = "/img2img", .body = init});
        EXPECT_EQ(drawn.status, 400) << drawn.body;
        const std::string image = format(R"({{"image": "{}"}})", picture);
        const http::ClientResponse enlarged = post({.target = "/extra_images", .body = image});
        EXPECT_EQ(enlarged.status, 400) << enlarged.body;
        EXPECT_THAT(enlarged.body, HasSubstr("image: "));
    }
    EXPECT_EQ(tasks(), 0U);
}

}  // namespace
}  // namespace darkroom::gateway
