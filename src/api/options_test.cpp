// SPDX-License-Identifier: Apache-2.0
#include "api/options.h"

#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

TEST(Options, TheBodyListsThemInOrderWithUpstreamsTypes) {
    EXPECT_EQ(
        json::dump(options_body(Options(), test_models())),
        R"({"sd_model_checkpoint":"icons-128.safetensors [aaaaaaaaaa]","samples_format":"png",)"
        R"("face_restoration":false,"emphasis":"Original","comma_padding_backtrack":20.0,)"
        R"("CLIP_stop_at_last_layers":1.0,"randn_source":"GPU","tiling":false,)"
        R"("sd_vae":"Automatic","s_min_uncond":0.0,"token_merging_ratio":0.0,)"
        R"("enable_pnginfo":true,"eta_ddim":0.0,"eta_ancestral":1.0,"s_churn":0.0,)"
        R"("s_tmin":0.0,"s_tmax":0.0,"s_noise":1.0,"eta_noise_seed_delta":0,)"
        R"("enable_prompt_comments":true})");
    EXPECT_TRUE(options_body(Options(), {})["sd_model_checkpoint"].is_null());
}

TEST(Options, TheWholeBodyCanBePostedBack) {
    const auto models = test_models();
    const Options changed = Options()
                                .with_changes(
                                    {{"sd_model_checkpoint", "photo"},
                                     {"CLIP_stop_at_last_layers", 2.0},
                                     {"eta_noise_seed_delta", 31337},
                                     {"s_noise", 1.003}},
                                    models)
                                .value();
    for (const Options& options : {Options(), changed}) {
        const json::Value body = options_body(options, models);
        const auto posted = options.with_changes(body.as_object(), models);
        ASSERT_TRUE(posted.has_value());
        EXPECT_EQ(options_body(*posted, models), body);
    }
    const json::Value empty = options_body(Options(), {});
    EXPECT_TRUE(Options().with_changes(empty.as_object(), {}));
}

TEST(Options, SurviveTheirStorage) {
    const auto models = test_models();
    const Options changed =
        Options()
            .with_changes(
                {{"sd_model_checkpoint", "people/photo.safetensors"}, {"randn_source", "CPU"}},
                models)
            .value();
    EXPECT_EQ(
        json::dump(changed.changes()), R"({"sd_model_checkpoint":"photo","randn_source":"CPU"})");
    const Options read = Options::from_json(json::dump(changed.changes())).value();
    EXPECT_EQ(read.text("randn_source"), "CPU");
    EXPECT_EQ(read.checkpoint(), "photo");
    EXPECT_EQ(json::dump(Options().changes()), "{}");
}

TEST(Options, StorageOfAnotherVersionIsReadAsFarAsItGoes) {
    const Options read =
        Options::from_json(R"({"gone": 1, "randn_source": "TPU", "s_noise": 1.5})").value();
    EXPECT_EQ(json::dump(read.changes()), R"({"s_noise":1.5})");
    EXPECT_EQ(Options::from_json("[]").error().code, ErrorCode::corrupt_input);
}

TEST(Options, AChangeIsAllOrNothing) {
    const auto refused = Options().with_changes({{"s_noise", 1.5}, {"foo", 1}}, {});
    EXPECT_EQ(refused.error().status, 500);
    EXPECT_EQ(refused.error().body["error"], json::Value("KeyError"));
    EXPECT_EQ(refused.error().body["errors"], json::Value("'foo'"));
}

TEST(Options, UnknownNullsAndSettingsPageTextsAreSkipped) {
    EXPECT_TRUE(Options().with_changes(
        {{"foo", nullptr}, {"sd_vae_explanation", "<p>"}, {"api_useragent", "x"}}, {}));
}

TEST(Options, ValuesAreChecked) {
    const json::Object bad{
        {"samples_format", "webp"},
        {"tiling", true},
        {"CLIP_stop_at_last_layers", 0},
        {"eta_noise_seed_delta", "x"},
        {"s_noise", 1e9},
        {"sd_vae", "kl-f8.pt"},
        {"sd_model_checkpoint", "nothing"}};
    const auto refused = Options().with_changes(bad, test_models());
    EXPECT_EQ(refused.error().status, 422);
    const json::Array& detail = refused.error().body["detail"].as_array();
    ASSERT_EQ(detail.size(), bad.size());
    std::size_t i = 0;
    for (const auto& [name, value] : bad)
        EXPECT_EQ(detail[i++]["loc"], json::Value(json::Array{"body", name}));
    EXPECT_EQ(
        json::dump(detail[0]),
        R"({"loc":["body","samples_format"],"msg":"unexpected value; permitted: \"png\"",)"
        R"("type":"value_error.const","ctx":{"given":"webp","permitted":["png"]}})");
}

TEST(Options, APostNamesACheckpointExactlyAnOverrideNearly) {
    const auto models = test_models();
    const json::Object near{{"sd_model_checkpoint", "pho"}};
    EXPECT_FALSE(Options().with_changes(near, models));
    EXPECT_EQ(Options().with_overrides(near, models)->checkpoint(), "photo");
}

TEST(Options, AChosenCheckpointThatIsGoneIsAnError) {
    const Options options =
        Options().with_changes({{"sd_model_checkpoint", "photo"}}, test_models()).value();
    const std::vector<domain::ModelDescription> rest = {test_models().front()};
    const auto model = chosen_model(options, rest);
    EXPECT_EQ(model.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(model.error().field, "sd_model_checkpoint");
}

}  // namespace
}  // namespace darkroom::api
