// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/target.h"
#include "image/png.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string body_with(const std::string& field, json::Value value) {
    json::Object fields = fields_of({});
    fields.set(field, std::move(value));
    return json::dump(fields);
}

class BadInput : public testing::Test {
  protected:
    /// Whatever came in, the agent that was there at the start lives and draws.
    void TearDown() override {
        EXPECT_EQ(server_.agent(), agent_);
        const Answer answer = server_.post(kTxt2img, body_of({}));
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200) << answer->body;
    }

    void expect_refused(const std::string& body, int status, const std::string& words) {
        const std::string shown = body.substr(0, 100);
        const Answer answer = server_.post(kTxt2img, body);
        ASSERT_TRUE(answer) << shown << ": " << answer.error().message;
        EXPECT_EQ(answer->status, status) << shown << ": " << answer->body.substr(0, 1000);
        EXPECT_THAT(answer->body, HasSubstr(words)) << shown;
        EXPECT_TRUE(json::parse(answer->body)) << shown;
    }

    TemporaryFolder data_;
    Server server_{data_.path()};
    pid_t agent_ = server_.agent();
};

TEST_F(BadInput, ValuesOutOfRangeNameTheirField) {
    constexpr std::int64_t kHuge = 1'000'000'000;
    const std::vector<std::pair<std::string, json::Value>> cases = {
        {"steps", 0},
        {"steps", 10'000},
        {"steps", "many"},
        {"width", 0},
        {"width", -64},
        {"width", kHuge},
        {"height", 7},
        {"height", kHuge},
        {"batch_size", 0},
        {"batch_size", 65},
        {"n_iter", 65},
        {"cfg_scale", "high"},
        {"seed", -2}};
    for (const auto& [field, value] : cases) {
        expect_refused(body_with(field, value), 422, "\"" + field + "\"");
    }
    json::Object wide = fields_of({});
    wide.set("width", 8192);
    wide.set("height", 8192);
    expect_refused(json::dump(wide), 422, "16777216 pixels");
}

TEST_F(BadInput, MalformedBodiesAreRefused) {
    expect_refused("{", 422, "line 1 column 2");
    expect_refused("", 422, "body");
    expect_refused("[1, 2]", 422, "body");
    expect_refused("{\"prompt\": \"\xFF\xFE\"}", 422, "body");
    expect_refused(std::string(10'000, '['), 422, "nested deeper");
}

TEST_F(BadInput, UnknownNamesGetTheValidOnes) {
    expect_refused(body_with("sampler_name", "nonsense"), 422, "DPM++ 2M");
    expect_refused(body_with("scheduler", "nonsense"), 422, "Karras");
    const json::Object override{{"sd_model_checkpoint", "nonsense"}};
    expect_refused(body_with("override_settings", override), 422, "icons-128");
}

TEST_F(BadInput, ConstructsThatA1111ReadsOnlyInThePromptAreTextInTheNegativePrompt) {
    expect_refused(body_with("prompt", "a fox AND a dog <lora:x:1>"), 422, "extra network tags");
    expect_refused(body_with("negative_prompt", "[a|b]"), 422, "alternation");
    const Answer answer =
        server_.post(kTxt2img, body_with("negative_prompt", "a fox AND a dog <lora:x:1>"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200) << answer->body;
}

TEST_F(BadInput, AliasesAndOddSizesAreUnderstood) {
    json::Object fields = fields_of({.sampler = "DPM++ 2M Karras"});
    fields.set("width", 130);
    fields.set("height", 135);
    const Answer answer = server_.post(kTxt2img, json::dump(fields));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
    const auto picture = image::decode_png(picture_of(*answer));
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->image.width, 128u);
    EXPECT_EQ(picture->image.height, 128u);
    EXPECT_THAT(picture->texts.front().text, HasSubstr("Sampler: DPM++ 2M, Schedule type: Karras"));
}

TEST_F(BadInput, PromptsOfAnySizeAreSafe) {
    constexpr std::array kDepths = {std::size_t{10'000}, std::size_t{500'000}};
    std::string long_prompt;
    while (long_prompt.size() < 1'000'000)
        long_prompt += "apple ";
    expect_refused(body_of({.prompt = long_prompt}), 422, "32 chunks");
    expect_refused(body_of({.prompt = long_prompt + long_prompt}), 422, "\"prompt\"");
    for (const std::size_t depth : kDepths) {
        for (const auto& [open, close] : {std::pair{'(', ')'}, std::pair{'[', ']'}}) {
            const std::string nested = std::string(depth, open) + "x" + std::string(depth, close);
            const Answer answer = server_.post(kTxt2img, body_of({.prompt = nested}));
            ASSERT_TRUE(answer);
            EXPECT_TRUE(answer->status == 200 || answer->status == 422) << answer->body;
        }
    }
    std::string tags;
    for (int i = 0; i < 10'000; ++i)
        tags += "<lora:x:1>";
    expect_refused(body_of({.prompt = tags}), 422, "extra network tags");
}

TEST_F(BadInput, WhatCallersWriteForgesNeitherLogLinesNorStatementsNorHeaders) {
    const std::string name = "'; DROP TABLE task; --";
    const std::string prompt = "a fox\r\nerror forged=1\x1b[2J <script>'; DROP TABLE task; --";
    const Answer drawn = server_.post(kTxt2img, body_of({.prompt = prompt, .task_name = name}));
    ASSERT_TRUE(drawn);
    EXPECT_EQ(drawn->status, 200) << drawn->body;
    EXPECT_EQ(drawn->headers.get("taskId"), name);
    const Answer failed =
        server_.get("/tasks/" + http::percent_encode("x\r\nerror forged=2\x1b[2J") + "/result");
    ASSERT_TRUE(failed);
    EXPECT_GE(failed->status, 400);
    const Answer listed = server_.get("/tasks");
    ASSERT_TRUE(listed);
    EXPECT_EQ(json::parse(listed->body).value()["tasks"][0]["taskId"], json::Value(name));
    const std::string log = server_.log();
    EXPECT_EQ(log.find("\nerror forged"), std::string::npos);
    EXPECT_EQ(log.find('\x1b'), std::string::npos);
    // The same task, found by its name.
    const Answer again = server_.post(kTxt2img, body_of({.prompt = prompt, .task_name = name}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->body, drawn->body);
}

TEST_F(BadInput, BodiesBeyondTheLimitAreRefusedBeforeTheyAreSent) {
    EXPECT_THAT(
        server_.exchange("POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Length: 67108865\r\n\r\n"),
        StartsWith("HTTP/1.1 413 "));
}

TEST_F(BadInput, RequestsThatAreNoHttpAreRefused) {
    EXPECT_THAT(server_.exchange("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(BadInput, UnknownRoutesAndMethodsHaveA1111sBodies) {
    const Answer lost = server_.get("/sdapi/v1/nowhere");
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->status, 404);
    EXPECT_EQ(lost->body, R"({"detail":"Not Found"})");
    const Answer wrong = server_.get(kTxt2img);
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->status, 405);
    EXPECT_EQ(wrong->body, R"({"detail":"Method Not Allowed"})");
    EXPECT_EQ(wrong->headers.get("Allow"), "POST");
}

TEST_F(BadInput, OtherSitesAndOtherHostNamesAreRefused) {
    const Answer page = server_.send(
        {.method = "POST",
         .url = kTxt2img,
         .headers = {{"Origin", "http://evil.example"}},
         .body = body_of({})});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 403);
    EXPECT_EQ(page->headers.count("Access-Control-Allow-Origin"), 0u);
    EXPECT_THAT(
        server_.exchange(
            "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
        StartsWith("HTTP/1.1 421 "));
}

}  // namespace
}  // namespace darkroom::integration
