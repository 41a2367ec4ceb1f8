// SPDX-License-Identifier: Apache-2.0
#include "api/task_payload.h"

#include <gtest/gtest.h>

#include "api/json_members.h"
#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

TEST(TaskPayload, GenerationsRoundTrip) {
    const TestSurroundings surroundings;
    for (const char* body :
         {"{}",
          R"({"prompt": "a\n\"\u00e9", "seed": 9000000000000000000, "sampler_name": "Euler a",
              "eta": 0.1, "cfg_scale": 5.123456789012345, "subseed_strength": 0.3,
              "seed_resize_from_w": 64, "seed_resize_from_h": 72, "width": 640, "n_iter": 3})",
          R"({"sampler_name": "Heun", "s_churn": 1, "s_tmin": 0.1, "s_tmax": 8, "s_noise": 1.01,
              "override_settings": {"randn_source": "NV", "emphasis": "None",
              "eta_noise_seed_delta": -3, "CLIP_stop_at_last_layers": 2}})"}) {
        const std::string text = encode_generation(surroundings.generation(body));
        const auto decoded = decode_generation(text);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
        EXPECT_EQ(encode_generation(*decoded), text);
    }
    const auto g = surroundings.generation(R"({"seed": 9000000000000000000, "steps": 3})");
    const auto decoded = decode_generation(encode_generation(g)).value();
    EXPECT_EQ(decoded.seed, 9000000000000000000u);
    EXPECT_EQ(decoded.steps, 3);
    EXPECT_EQ(decoded.model, "icons-128");
    EXPECT_FALSE(decoded.eta.has_value());
}

TEST(TaskPayload, DecodingIsStrict) {
    const std::string good = encode_generation(TestSurroundings().generation("{}"));
    const json::Object members = json::parse(good)->as_object();
    for (const auto& [name, value] : members) {
        json::Object without = members;
        without.erase(name);
        EXPECT_EQ(decode_generation(json::dump(without)).error().field, name);
        json::Object wrong = members;
        wrong.set(name, json::Array());
        EXPECT_EQ(decode_generation(json::dump(wrong)).error().field, name);
    }
    json::Object more = members;
    more.set("tenant", "x");
    EXPECT_EQ(decode_generation(json::dump(more)).error().field, "tenant");
    EXPECT_FALSE(decode_generation("[]"));
    EXPECT_FALSE(decode_generation(good + "x"));
}

TEST(TaskPayload, DecodingKeepsTheLimits) {
    const std::pair<const char*, json::Value> cases[] = {
        {"steps", 0},
        {"width", 1 << 20},
        {"batch_size", 65},
        {"cfg_scale", 1e9},
        {"seed", -1},
        {"seed", "18446744073709551615"},
        {"randn_source", "TPU"},
        {"emphasis", "x"},
        {"clip_skip", 0},
        {"sampler", ""},
    };
    const json::Object members =
        json::parse(encode_generation(TestSurroundings().generation("{}")))->as_object();
    for (const auto& [name, value] : cases) {
        json::Object bad = members;
        bad.set(name, value);
        EXPECT_EQ(decode_generation(json::dump(bad)).error().code, ErrorCode::invalid_argument)
            << name;
    }
}

TEST(TaskPayload, ResultsRoundTrip) {
    TaskResult result;
    result.images = {"images/default/a_1.png", "images/default/a_2.png"};
    result.infotexts = {"one", "two\n\xE7\x94\xBB"};
    result.all_seeds = {1, UINT64_MAX};
    result.all_subseeds = {3, 4};
    result.interrupted = true;
    result.receipt = {.checkpoint_sha256 = "ab", .engine = "cpu", .version = "0.1.0"};
    const std::string text = encode_result(result);
    EXPECT_NE(text.find(R"("all_seeds":[1,"18446744073709551615"])"), std::string::npos);
    const TaskResult decoded = decode_result(text).value();
    EXPECT_EQ(decoded.images, result.images);
    EXPECT_EQ(decoded.infotexts, result.infotexts);
    EXPECT_EQ(decoded.all_seeds, result.all_seeds);
    EXPECT_EQ(decoded.all_subseeds, result.all_subseeds);
    EXPECT_TRUE(decoded.interrupted);
    EXPECT_EQ(decoded.receipt.engine, "cpu");
    EXPECT_EQ(encode_result(decoded), text);
}

TEST(TaskPayload, ListsOfAResultHaveOneLength) {
    TaskResult result;
    result.images = {"a"};
    EXPECT_FALSE(decode_result(encode_result(result)));
    EXPECT_TRUE(decode_result(encode_result(TaskResult{})));
    EXPECT_FALSE(decode_result("{}"));
    EXPECT_FALSE(decode_result("1"));
}

TEST(JsonMembers, UnsignedNumbersAreStrictlyDecimal) {
    for (const char* bad :
         {R"("")",
          R"("-1")",
          R"("1x")",
          R"(" 1")",
          "1.0",
          "-1",
          "null",
          R"("18446744073709551616")"}) {
        const json::Object object{{"n", json::parse(bad).value()}};
        MemberReader reader(object);
        std::uint64_t target = 7;
        reader.member("n", target);
        EXPECT_EQ(reader.finish().error().field, "n") << bad;
        EXPECT_EQ(target, 7u);
    }
}

}  // namespace
}  // namespace darkroom::api
