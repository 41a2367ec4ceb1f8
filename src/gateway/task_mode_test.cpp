// SPDX-License-Identifier: Apache-2.0
// A1111's API with Request-Type, Task-Flag and taskId.
#include "gateway/task_mode.h"

#include <future>

#include <gmock/gmock.h>

#include "base/encoding.h"
#include "gateway/gateway_fixture.h"
#include "image/png.h"

namespace darkroom::gateway {
namespace {

using storage::TaskStore;

runtime::Task<http::Response> as_task(boost::asio::awaitable<http::Response> handled) {
    http::Response response = co_await std::move(handled);
    co_return response;
}

struct Call {
    std::string target = "/sdapi/v1/txt2img";
    std::string body = R"({"prompt": "a fox", "send_images": true})";
    std::string method = "POST";
    std::string name = {};
    std::string key = {};
    bool is_async = false;
    bool is_flagged = false;
};

class TaskModeTest : public GatewayTest {
  protected:
    http::ClientResponse send(const Call& call) {
        http::ClientRequest request;
        request.method = call.method;
        request.url = server_->url() + call.target;
        request.body = call.body;
        if (!call.name.empty()) request.headers.set("taskId", call.name);
        if (!call.key.empty()) request.headers.set("Idempotency-Key", call.key);
        if (call.is_async) request.headers.set("Request-Type", "async");
        if (call.is_flagged) request.headers.set("Task-Flag", "true");
        return tell(std::move(request));
    }
    static json::Value body_of(const http::ClientResponse& response) {
        EXPECT_EQ(response.status, 200) << response.body;
        return json::parse(response.body).value_or(json::Value());
    }
    json::Value result_of(const std::string& name) {
        return body_of(ask("GET", "/tasks/" + name + "/result"));
    }
    std::size_t tasks() {
        return storage::wait(store_, &TaskStore::list, storage::TaskFilter{})->size();
    }
    /// Sends a call that waits for its picture, and draws it; the key of the picture.
    std::string draw(const Call& call, http::ClientResponse& answer) {
        auto sent = std::async(std::launch::async, [&] { return send(call); });
        while (tasks() == 0)
            std::this_thread::yield();
        const std::string key = finish(lease()).text();
        answer = sent.get();
        return key;
    }
    static std::string picture() {
        const image::Image grey{
            .width = 8, .height = 8, .pixels = std::vector<std::uint8_t>(192, 128)};
        return base64_encode(image::encode_png(grey, {}).value());
    }
};

TEST_F(TaskModeTest, AnAsynchronousDrawingIsFoundUnderItsNameWithTheAnswerOfTheRoute) {
    const http::ClientResponse accepted = send({.name = "mine", .is_async = true});
    EXPECT_EQ(body_of(accepted)["status"], json::Value("waiting"));
    EXPECT_EQ(body_of(accepted)["taskId"], json::Value("mine"));
    EXPECT_EQ(accepted.headers.get("taskId"), "mine");
    EXPECT_TRUE(result_of("mine")["info"].is_null());

    const std::string key = finish(lease()).text();
    const json::Value result = result_of("mine");
    EXPECT_EQ(result["status"], json::Value("succeeded"));
    EXPECT_EQ(result["images"], json::Value(json::Array{key}));
    EXPECT_EQ(result["ossUrl"].as_array().size(), 1U);
    EXPECT_EQ(result["parameters"], json::Value(json::Object()));
    EXPECT_EQ(result["info"]["images"], json::Value(json::Array{key}));
    EXPECT_EQ(result["info"]["parameters"]["prompt"], json::Value("a fox"));
    EXPECT_EQ(result["info"]["parameters"]["seed"], json::Value(-1));
    EXPECT_NE(result["info"]["info"].as_string().find("\"prompt\": \"a fox\""), std::string::npos);
}

TEST_F(TaskModeTest, ASynchronousTaskAnswersWhatItsResultSays) {
    http::ClientResponse answer;
    const std::string key = draw({.name = "mine", .is_flagged = true}, answer);
    EXPECT_EQ(body_of(answer)["images"], json::Value(json::Array{key}));
    EXPECT_EQ(answer.headers.get("taskId"), "mine");
    EXPECT_EQ(result_of("mine")["info"], body_of(answer));
    // Once more: the same task.
    EXPECT_EQ(send({.name = "mine", .is_flagged = true}).body, answer.body);
    EXPECT_EQ(tasks(), 1U);
}

TEST_F(TaskModeTest, WithoutAFlagTheAnswerIsThatOfA1111AndTheResultThatOfATask) {
    http::ClientResponse answer;
    draw({.name = "mine"}, answer);
    EXPECT_EQ(body_of(answer)["images"], json::Value(json::Array{""}));
    EXPECT_EQ(answer.headers.get("taskId"), "mine");
    EXPECT_EQ(result_of("mine")["info"]["prompt"], json::Value("a fox"));
}

TEST_F(TaskModeTest, PicturesThatAreToBeRepeatedAreKeysToo) {
    const std::string body =
        format(R"({{"init_images": ["{}"], "include_init_images": true}})", picture());
    send({.target = "/sdapi/v1/img2img", .body = body, .name = "mine", .is_async = true});
    const domain::LeaseToken token = lease();
    finish(token);
    EXPECT_EQ(
        result_of("mine")["info"]["parameters"]["init_images"],
        json::Value(json::Array{format("local/{}/0/input-1", token.id.text())}));
}

TEST_F(TaskModeTest, ExtrasKeepTheAnswerOfTheirRoute) {
    const std::string one = format(R"({{"image": "{}"}})", picture());
    send({.target = "/sdapi/v1/extra-single-image", .body = one, .name = "one", .is_async = true});
    const std::string first = finish(lease()).text();
    EXPECT_EQ(result_of("one")["info"]["image"], json::Value(first));

    const std::string list =
        format(R"({{"imageList": [{{"data": "{}", "name": ""}}]}})", picture());
    const Call batch{
        .target = "/sdapi/v1/extra-batch-images", .body = list, .name = "all", .is_flagged = true};
    auto sent = std::async(std::launch::async, [&] { return send(batch); });
    while (tasks() < 2)
        std::this_thread::yield();
    const std::string second = finish(lease()).text();
    const json::Value answer = body_of(sent.get());
    EXPECT_EQ(answer["images"], json::Value(json::Array{second}));
    EXPECT_EQ(result_of("all")["info"], answer);
    EXPECT_EQ(result_of("all")["images"], json::Value(json::Array{second}));
}

TEST_F(TaskModeTest, EveryOtherCallMayBeATask) {
    const std::vector<Call> calls = {
        {.target = "/sdapi/v1/options", .body = "", .method = "GET"},
        {.target = "/sdapi/v1/sd-models", .body = "", .method = "GET"},
        {.target = "/sdapi/v1/samplers", .body = "", .method = "GET"},
        {.target = "/sdapi/v1/schedulers", .body = "", .method = "GET"},
        {.target = "/sdapi/v1/progress", .body = "", .method = "GET"},
        {.target = "/sdapi/v1/interrupt", .body = ""},
        {.target = "/sdapi/v1/options", .body = R"({"CLIP_stop_at_last_layers": 1})"},
        {.target = "/sdapi/v1/png-info", .body = format(R"({{"image": "{}"}})", picture())}};
    for (Call call : calls) {
        const json::Value plain = body_of(send(call));
        call.is_flagged = true;
        const http::ClientResponse kept = send(call);
        EXPECT_EQ(body_of(kept), plain) << call.target;
        const json::Value result = result_of(std::string(kept.headers.get("taskId")));
        EXPECT_EQ(result["status"], json::Value("succeeded"));
        EXPECT_EQ(result["info"], plain) << call.target;
        EXPECT_EQ(result["images"], json::Value(json::Array()));
        call.is_async = true;
        const json::Value accepted = body_of(send(call));
        EXPECT_EQ(accepted["status"], json::Value("waiting")) << call.target;
        EXPECT_EQ(result_of(accepted["taskId"].as_string())["info"], plain);
    }
    EXPECT_EQ(tasks(), 2 * calls.size());
}

TEST_F(TaskModeTest, ARepeatedCallUnderOneNameHasNoEffectOfItsOwn) {
    const auto clip_skip = [&] {
        return body_of(ask("GET", "/sdapi/v1/options"))["CLIP_stop_at_last_layers"].as_double();
    };
    Call call{.target = "/sdapi/v1/options"};
    call.body = R"({"CLIP_stop_at_last_layers": 2})";
    call.name = "set";
    call.is_flagged = true;
    EXPECT_TRUE(body_of(send(call)).is_null());
    ask("POST", "/sdapi/v1/options", R"({"CLIP_stop_at_last_layers": 3})");
    EXPECT_TRUE(body_of(send(call)).is_null());
    EXPECT_EQ(clip_skip(), 3.0);
    Call other = call;
    other.body = R"({"CLIP_stop_at_last_layers": 4})";
    EXPECT_EQ(send(other).status, 409);
    other.key = "set";
    EXPECT_EQ(send(other).status, 422);
    EXPECT_EQ(clip_skip(), 3.0);
    EXPECT_EQ(tasks(), 1U);
}

TEST_F(TaskModeTest, SoManyCallsAreKeptAndThenOneASecond) {
    Call call{.target = "/sdapi/v1/samplers", .body = "", .method = "GET", .is_flagged = true};
    call.name = "first";
    for (int i = 0; i < 60; ++i) {
        ASSERT_EQ(send(call).status, 200) << i;
        call.name.clear();
    }
    const http::ClientResponse refused = send(call);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    EXPECT_EQ(tasks(), 60U);
    call.is_flagged = false;
    EXPECT_EQ(send(call).status, 200) << "a call that is not kept";
    call.is_flagged = true;
    call.name = "first";
    EXPECT_EQ(send(call).status, 200) << "one that was kept before";
    call.name.clear();
    clock_.now_ms += 1'000;
    EXPECT_EQ(send(call).status, 200);
    EXPECT_EQ(send(call).status, 429);
}

TEST_F(TaskModeTest, ALongAnswerIsNotKept) {
    http::Request request;
    request.method = "GET";
    request.headers.set("Task-Flag", "true");
    request.identity = Caller{"local", "local", {domain::Scope::admin}};
    const http::Handler handler =
        keeping_answers(*parts_, http::immediate([](const http::Request&) {
            return http::json_response(200, '"' + std::string(256 << 10, 'x') + '"');
        }));
    const http::Response answer =
        runtime::block_on(io_.executor(), as_task(handler(request))).value();
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(tasks(), 0U);
}

/// A route that answers when it is let go.
boost::asio::awaitable<http::Response> answer_later(
    runtime::AsyncEvent& begun, runtime::AsyncEvent& release, int& effects) {
    ++effects;
    begun.notify_all();
    const Result<void> released = co_await release.wait(0, runtime::Deadline::never());
    EXPECT_TRUE(released);
    co_return http::json_response(200, "1");
}

TEST_F(TaskModeTest, OfTwoCallsAtOnceUnderOneNameOnlyOneHasAnEffect) {
    runtime::AsyncEvent begun;
    runtime::AsyncEvent release;
    int effects = 0;
    const http::Handler handler = keeping_answers(
        *parts_, [&](http::Request) { return answer_later(begun, release, effects); });
    http::Request request;
    request.method = "POST";
    request.location.raw_path = "/sdapi/v1/anything";
    request.headers.set("Task-Flag", "true");
    request.headers.set("taskId", "mine");
    request.identity = Caller{"local", "local", {domain::Scope::generate}};
    const auto ask = [&]() -> runtime::Task<http::Response> { return as_task(handler(request)); };
    auto first =
        std::async(std::launch::async, [&] { return runtime::block_on(io_.executor(), ask()); });
    ASSERT_TRUE(runtime::block_on(io_.executor(), begun.wait(0, runtime::Deadline::never())));
    EXPECT_EQ(runtime::block_on(io_.executor(), ask())->status, 409);
    release.notify_all();
    EXPECT_EQ(first.get()->status, 200);
    EXPECT_EQ(runtime::block_on(io_.executor(), ask())->status, 200) << "the first answer again";
    EXPECT_EQ(effects, 1);
    EXPECT_EQ(tasks(), 1U);
}

TEST_F(TaskModeTest, ATicketIsNoPartOfACall) {
    Call call{.body = "", .method = "GET", .name = "named"};
    call.is_flagged = true;
    for (int i = 0; i < 2; ++i) {
        const json::Value issued = body_of(ask("POST", "/tickets"));
        call.target = "/sdapi/v1/samplers?ticket=" + issued["ticket"].as_string();
        EXPECT_EQ(send(call).status, 200);
    }
    EXPECT_EQ(tasks(), 1U);
}

TEST_F(TaskModeTest, PicturesThatWereRemovedAreNotNamed) {
    Call call{.body = R"({"prompt": "a fox", "force_task_id": "old"})"};
    call.is_flagged = true;
    http::ClientResponse answer;
    draw(call, answer);
    const auto task = storage::wait(store_, &TaskStore::find, {"local", "old"}).value();
    ASSERT_TRUE(storage::wait(store_, &TaskStore::give_up_pictures, task.id));
    EXPECT_EQ(body_of(send(call))["images"], json::Value(json::Array()));
    call.is_flagged = false;
    call.body = R"({"prompt": "a fox", "force_task_id": "old"})";
    const http::ClientResponse plain = send(call);
    EXPECT_EQ(plain.status, 404) << plain.body;
    EXPECT_NE(plain.body.find("were removed"), std::string::npos) << plain.body;
}

TEST_F(TaskModeTest, WhatIsRefusedMakesNoTask) {
    Call call{.target = "/sdapi/v1/options"};
    call.body = R"({"nonsense": 1})";
    call.is_flagged = true;
    call.is_async = true;
    EXPECT_GE(send(call).status, 400);
    call.target = "/sdapi/v1/no-such-route";
    EXPECT_EQ(send(call).status, 404);
    call.target = "/sdapi/v1/txt2img";
    call.body = R"({"steps": 0})";
    EXPECT_EQ(send(call).status, 422);
    call.body = R"({"force_task_id": "one"})";
    call.name = "other";
    EXPECT_EQ(send(call).status, 422);
    call.body = "{}";
    call.target = "/sdapi/v1/txt2img?dry_run=true";
    EXPECT_NE(send(call).body.find("dryRun"), std::string::npos);
    EXPECT_EQ(tasks(), 0U);
}

TEST_F(TaskModeTest, ProgressFindsATaskByTheNameOfItsHeader) {
    send({.name = "mine", .is_async = true});
    const json::Value mine = body_of(ask("GET", "/sdapi/v1/progress?id_task=mine"));
    EXPECT_EQ(mine["textinfo"], json::Value("Waiting..."));
    const json::Value other = body_of(ask("GET", "/sdapi/v1/progress?id_task=other"));
    EXPECT_TRUE(other["textinfo"].is_null());
}

}  // namespace
}  // namespace darkroom::gateway
