// SPDX-License-Identifier: Apache-2.0
#include "api/kept_answer.h"

#include <gtest/gtest.h>

#include "api/extras_payload.h"
#include "api/task_payload.h"

namespace darkroom::api {
namespace {

std::string fox() {
    domain::Generation generation;
    generation.prompt = "a fox";
    generation.model = "icons";
    generation.sampler = "Euler a";
    return encode_generation(generation);
}

TEST(KeptAnswer, WhatWasAskedLiesBesideWhatIsDrawn) {
    const std::string plain = fox();
    EXPECT_FALSE(asked_in(plain));
    const std::string request =
        add_asked(plain, {"txt2img", json::Object{{"seed", -1}, {"prompt", "a fox"}}});
    const auto asked = asked_in(request);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->route, "txt2img");
    EXPECT_EQ(json::dump(asked->parameters), R"({"seed":-1,"prompt":"a fox"})");
    const auto drawn = decode_generation(request);
    ASSERT_TRUE(drawn) << drawn.error().message;
    EXPECT_EQ(encode_generation(*drawn), plain);
}

TEST(KeptAnswer, ExtrasAreDecodedWithIt) {
    domain::Extras extras;
    extras.images = {"local/a/0/input-1"};
    const std::string plain = encode_extras(extras);
    const auto decoded = decode_extras(add_asked(plain, {kExtraBatchRoute}));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(encode_extras(*decoded), plain);
}

TEST(KeptAnswer, FieldsMayNestAsDeepAsABody) {
    std::string deep = "1";
    for (int i = 0; i < 62; ++i)
        deep = "[" + deep + "]";
    const std::string request =
        add_asked(fox(), {"txt2img", json::Object{{"script_args", json::parse(deep).value()}}});
    EXPECT_TRUE(decode_generation(request));
    ASSERT_TRUE(asked_in(request));
    EXPECT_EQ(json::dump(*asked_in(request)->parameters.find("script_args")), deep);
}

TEST(KeptAnswer, DamagedMembersAreNone) {
    for (const char* text :
         {"",
          "[]",
          "{}",
          R"({"asked": 1})",
          R"({"asked": {"route": 1, "parameters": "{}"}})",
          R"({"asked": {"route": "txt2img"}})",
          R"({"asked": {"route": "a", "parameters": {}}})",
          R"({"asked": {"route": "a", "parameters": "[]"}})",
          R"({"asked": {"route": "a", "parameters": "{"}})"}) {
        EXPECT_FALSE(asked_in(text)) << text;
    }
}

TEST(KeptAnswer, OneExtraIsAPictureAndABatchAList) {
    const domain::Extras extras;
    EXPECT_EQ(
        json::dump(extras_answer(kExtraSingleRoute, extras, {"a"})),
        R"({"html_info":"<p></p>","image":"a"})");
    EXPECT_EQ(
        json::dump(extras_answer(kExtraSingleRoute, extras, {})),
        R"({"html_info":"<p></p>","image":""})");
    EXPECT_EQ(
        json::dump(extras_answer(kExtraBatchRoute, extras, {"a", "b"})),
        R"({"html_info":"<p></p>","images":["a","b"]})");
}

TEST(KeptAnswer, ACallsBodyRoundTrips) {
    const json::Value body = json::Array{1, "two", nullptr};
    EXPECT_EQ(decode_call_result(encode_call_result(body)), body);
    EXPECT_TRUE(decode_call_result("").is_null());
    EXPECT_TRUE(decode_call_result("[1]").is_null());
}

}  // namespace
}  // namespace darkroom::api
