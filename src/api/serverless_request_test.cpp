// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string message_of(const Refusal& refusal) {
    return refusal.body["message"].as_string();
}

TEST(ServerlessRequest, TakesBothSpellingsOfTheCheckpointAndFieldsInAnyCase) {
    for (const char* body :
         {R"({"stable_diffusion_model": "m.safetensors", "Steps": 3, "PROMPT": "a fox"})",
          R"({"StableDiffusionModel": "m.safetensors", "steps": 3, "prompt": "a fox"})"}) {
        const auto parsed = parse_serverless(RequestKind::txt2img, body);
        ASSERT_TRUE(parsed) << body;
        EXPECT_EQ(parsed->checkpoint, "m.safetensors");
        EXPECT_EQ(parsed->request.integer("steps"), 3);
        EXPECT_EQ(parsed->request.text("prompt"), "a fox");
    }
}

TEST(ServerlessRequest, ABodyThatIsNoObjectOrNamesNoCheckpointIsRefusedInTheReferencesWords) {
    for (const char* body : {"", "not JSON", "[]", "{\"prompt\": "}) {
        const auto parsed = parse_serverless(RequestKind::txt2img, body);
        ASSERT_FALSE(parsed) << body;
        EXPECT_EQ(parsed.error().status, 400);
        EXPECT_EQ(message_of(parsed.error()), "bad request body");
    }
    for (const char* body :
         {"{}", R"({"stable_diffusion_model": ""})", R"({"stable_diffusion_model": 7})"}) {
        const auto parsed = parse_serverless(RequestKind::txt2img, body);
        ASSERT_FALSE(parsed) << body;
        EXPECT_EQ(parsed.error().status, 400);
        EXPECT_EQ(
            message_of(parsed.error()),
            "stable_diffusion_model val not valid, please set valid val");
    }
}

TEST(ServerlessRequest, FieldsThatTheReferenceTypedWronglyTakeFractions) {
    const auto parsed = parse_serverless(
        RequestKind::txt2img,
        R"({"stable_diffusion_model": "m", "steps": 20.0, "s_noise": 0.5, "hr_scale": 1.5})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->request.integer("steps"), 20);
    EXPECT_EQ(parsed->request.number("s_noise"), 0.5);
    EXPECT_EQ(parsed->request.number("hr_scale"), 1.5);
}

TEST(ServerlessRequest, ReportsWhatItDoesNotKnowAndAcceptsSaveDir) {
    const auto parsed = parse_serverless(
        RequestKind::txt2img,
        R"({"stable_diffusion_model": "m", "save_dir": "x", "Colour": 1, "mask": ""})");
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->unknown_fields, ElementsAre("Colour", "mask"));
}

TEST(ServerlessRequest, AFieldOfTheWrongTypeIsNamed) {
    const auto parsed = parse_serverless(
        RequestKind::txt2img, R"({"stable_diffusion_model": "m", "steps": "many"})");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().status, 422);
    EXPECT_THAT(message_of(parsed.error()), HasSubstr("steps: "));
    EXPECT_TRUE(parsed.error().body["detail"].is_array());
}

TEST(ServerlessRequest, TheVaeIsAnOptionWhereverItStands) {
    for (const char* body :
         {R"({"stable_diffusion_model": "m", "sd_vae": "None",
              "override_settings": {"emphasis": "None"}})",
          R"({"stable_diffusion_model": "m", "override_settings": {"emphasis": "None"},
              "sd_vae": "None"})"}) {
        const auto parsed = parse_serverless(RequestKind::txt2img, body);
        ASSERT_TRUE(parsed);
        const json::Value& overrides = parsed->request.value("override_settings");
        EXPECT_EQ(overrides["sd_vae"].as_string(), "None");
        EXPECT_EQ(overrides["emphasis"].as_string(), "None");
    }
}

TEST(ServerlessRequest, SettingsThatAreNoObjectAreRefusedWhereverTheVaeStands) {
    for (const char* body :
         {R"({"stable_diffusion_model": "m", "override_settings": 5, "sd_vae": "None"})",
          R"({"stable_diffusion_model": "m", "sd_vae": "None", "override_settings": 5})"}) {
        const auto parsed = parse_serverless(RequestKind::txt2img, body);
        ASSERT_FALSE(parsed) << body;
        EXPECT_EQ(parsed.error().status, 422);
    }
}

TEST(ServerlessRequest, FindsCheckpointsByPathAndAlias) {
    const TestSurroundings surroundings;
    const auto by_path = serverless_model(surroundings.models, "people/photo.safetensors");
    ASSERT_TRUE(by_path);
    EXPECT_EQ((*by_path)->name, "photo");
    EXPECT_TRUE(serverless_model(surroundings.models, "icons-128"));
    EXPECT_TRUE(serverless_model(surroundings.models, "photo.safetensors"));
    EXPECT_FALSE(serverless_model(surroundings.models, "hoto.safetensors"));
    const auto unknown = serverless_model(surroundings.models, "../../config.json");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().status, 404);
    EXPECT_EQ(message_of(unknown.error()), "model not found, please check request");
}

TEST(ServerlessRequest, DrawsWithTheCheckpointWhateverTheSettingsSay) {
    const TestSurroundings surroundings;
    auto parsed = parse_serverless(
        RequestKind::txt2img,
        R"({"stable_diffusion_model": "photo", "prompt": "x",
            "override_settings": {"sd_model_checkpoint": "icons-128"}})");
    ASSERT_TRUE(parsed);
    const auto model = serverless_model(surroundings.models, parsed->checkpoint);
    draw_with(parsed->request, **model);
    const auto accepted = to_generation(parsed->request, surroundings.context());
    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->generation.model, "photo");
}

TEST(ServerlessRequest, TaskNamesAreShortAndPrintable) {
    EXPECT_EQ(parse_task_name("myTask1").value(), "myTask1");
    EXPECT_EQ(parse_task_name("").value(), "");
    EXPECT_EQ(parse_task_name("a\x01").error().status, 400);
    EXPECT_EQ(parse_task_name("\xff\xfe").error().status, 400);
    EXPECT_EQ(parse_task_name(std::string(257, 'a')).error().status, 400);
}

TEST(ServerlessRequest, AnswersOfTheOtherApiBecomeMessages) {
    EXPECT_EQ(message_of(as_message(http_exception(404, "no such thing"))), "no such thing");
    EXPECT_EQ(message_of(as_message(key_error("foo"))), "'foo'");
    const Refusal two =
        validation_refusal({{{"body", "steps"}, "too many"}, {{"body", "width"}, "too wide"}});
    EXPECT_EQ(message_of(as_message(two)), "steps: too many; width: too wide");
    EXPECT_EQ(as_message(two).status, 422);
}

}  // namespace
}  // namespace darkroom::api
