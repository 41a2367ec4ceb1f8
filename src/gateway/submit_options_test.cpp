// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key and ?dry_run on the routes that make tasks.
#include <future>

#include <gmock/gmock.h>

#include "gateway/gateway_fixture.h"

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
    Post call{.target = kA1111, .body = R"({"prompt": "a fox"})", .key = "order-1"};
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

}  // namespace
}  // namespace darkroom::gateway
