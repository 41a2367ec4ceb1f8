// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_generation.h"

#include <gtest/gtest.h>

#include "api/generation_limits.h"
#include "api/test_surroundings.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

/// The status, and the last name of each entry's location with its message.
std::string refusal_text(const Outcome<AcceptedTxt2img>& accepted) {
    if (accepted) return "accepted";
    std::string text = std::to_string(accepted.error().status);
    const json::Value& detail = accepted.error().body["detail"];
    if (!detail.is_array()) {
        return text + " " + detail.as_string() + accepted.error().body["errors"].as_string();
    }
    for (const json::Value& entry : detail.as_array()) {
        text += " [" + entry["loc"].as_array().back().as_string() + "] " + entry["msg"].as_string();
    }
    return text;
}

TEST(ToGeneration, FillsInDefaults) {
    const domain::Generation g = TestSurroundings().generation(R"({"prompt": "a cat"})");
    EXPECT_EQ(g.prompt, "a cat");
    EXPECT_EQ(g.model, "icons-128");
    EXPECT_EQ(g.steps, 50);
    EXPECT_EQ(g.sampler, "Euler");
    EXPECT_EQ(g.schedule, "Automatic");
    EXPECT_EQ(g.cfg_scale, 7.0);
    EXPECT_EQ(g.width, 512);
    EXPECT_EQ(g.seed, 12345u);
    EXPECT_EQ(g.subseed, 12345u);
    EXPECT_EQ(g.seed_resize_from_w, -1);
    EXPECT_EQ(g.clip_skip, 1);
    EXPECT_EQ(g.emphasis, "Original");
    EXPECT_EQ(g.randn_source, "GPU");
    EXPECT_FALSE(g.eta.has_value());
}

TEST(ToGeneration, TakesNullForNotSet) {
    const TestSurroundings surroundings;
    const std::string nulls =
        R"({"negative_prompt": null, "seed": null, "subseed": null, "subseed_strength": null,
            "batch_size": null, "n_iter": null, "steps": null, "cfg_scale": null, "width": null,
            "height": null, "seed_resize_from_w": null, "seed_resize_from_h": null,
            "override_settings": null, "enable_hr": null})";
    const auto accepted = surroundings.accept(nulls);
    ASSERT_TRUE(accepted.has_value()) << refusal_text(accepted);
    EXPECT_EQ(accepted->generation.steps, 50);
    EXPECT_EQ(accepted->generation.batch_size, 1);
}

TEST(ToGeneration, FloorsSizesToMultiplesOf8) {
    const auto g = TestSurroundings().generation(R"({"width": 527, "height": 15})");
    EXPECT_EQ(g.width, 520);
    EXPECT_EQ(g.height, 8);
}

TEST(ToGeneration, ResolvesSamplersAndSchedules) {
    const TestSurroundings surroundings;
    const struct {
        const char* body;
        const char* sampler;
        const char* schedule;
    } cases[] = {
        {R"({"sampler_name": "Euler a"})", "Euler a", "Automatic"},
        {R"({"sampler_name": "", "sampler_index": "Heun"})", "Heun", "Automatic"},
        {R"({"sampler_name": "DPM++ 2M Karras"})", "DPM++ 2M", "Automatic"},
        {R"({"sampler_name": "Euler a", "scheduler": "karras"})", "Euler a", "Karras"},
        {R"({"scheduler": ""})", "Euler", "Automatic"},
        {R"({"sampler_index": ""})", "Euler", "Automatic"},
    };
    for (const auto& c : cases) {
        const auto g = surroundings.generation(c.body);
        EXPECT_EQ(g.sampler, c.sampler) << c.body;
        EXPECT_EQ(g.schedule, c.schedule) << c.body;
    }
    EXPECT_EQ(
        refusal_text(surroundings.accept(R"({"sampler_index": "Bogus"})")).substr(0, 19),
        "422 [sampler_index]");
    EXPECT_EQ(
        refusal_text(surroundings.accept(R"({"scheduler": "Bogus"})")).substr(0, 15),
        "422 [scheduler]");
}

TEST(ToGeneration, EveryLimitIsAnEntryThatNamesIt) {
    const TestSurroundings surroundings;
    const std::string too_small = "ensure this value is greater than or equal to ";
    const std::string too_large = "ensure this value is less than or equal to ";
    const struct {
        const char* members;
        std::string entries;
    } cases[] = {
        {R"("steps": 0)", "[steps] " + too_small + "1"},
        {R"("steps": 1001)", "[steps] " + too_large + "1000"},
        {R"("width": 7)", "[width] " + too_small + "8"},
        {R"("width": -64)", "[width] " + too_small + "8"},
        {R"("height": 1000000000)", "[height] " + too_large + "16384"},
        {R"("width": 16384, "height": 1032)",
         "[width] ensure that width times height is at most 16777216 pixels"},
        {R"("batch_size": 0)", "[batch_size] " + too_small + "1"},
        {R"("batch_size": 65)", "[batch_size] " + too_large + "64"},
        {R"("n_iter": 1000000)", "[n_iter] " + too_large + "64"},
        {R"("batch_size": 13, "n_iter": 5)",
         "[n_iter] ensure that batch_size times n_iter is at most 64"},
        {R"("batch_size": 17, "width": 4096, "height": 4096)",
         "[n_iter] ensure that all pictures together have at most 268435456 pixels"},
        {R"("cfg_scale": "nan")", "[cfg_scale] " + too_small + "-1000.0"},
        {R"("cfg_scale": 1e308)", "[cfg_scale] " + too_large + "1000.0"},
        {R"("cfg_scale": "-inf")", "[cfg_scale] " + too_small + "-1000.0"},
        {R"("seed": -2)", "[seed] " + too_small + "-1"},
        {R"("seed": 9000000000000000001)", "[seed] " + too_large + "9000000000000000000"},
        {R"("subseed": -9223372036854775808)", "[subseed] " + too_small + "-1"},
        {R"("subseed_strength": 1.5)", "[subseed_strength] " + too_large + "1.0"},
        {R"("seed_resize_from_w": 7, "seed_resize_from_h": 512)",
         "[seed_resize_from_w] " + too_small + "8"},
        {R"("seed_resize_from_w": 16384, "seed_resize_from_h": 16384)",
         "[seed_resize_from_w] ensure that the size to resize from has at most 16777216 pixels"},
        {R"("sampler_name": "Euler a", "eta": -1)", "[eta] " + too_small + "0.0"},
        {R"("s_churn": "inf")", "[s_churn] " + too_large + "1000000000.0"},
        {R"("s_noise": 101)", "[s_noise] " + too_large + "100.0"},
        {R"("s_tmin": -0.5)", "[s_tmin] " + too_small + "0.0"},
        {R"("s_tmax": -1)", "[s_tmax] " + too_small + "0.0"},
        {R"("force_task_id": "a\nb")",
         "[force_task_id] ensure this value has at most 256 bytes and no control characters"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(
            refusal_text(surroundings.accept(format("{{{}}}", c.members))), "422 " + c.entries);
    }
}

TEST(ToGeneration, LimitsThemselvesAreAccepted) {
    const TestSurroundings surroundings;
    for (const char* members :
         {R"("steps": 1000)",
          R"("width": 8, "height": 8)",
          R"("width": 16384, "height": 1024)",
          R"("batch_size": 8, "n_iter": 8)",
          R"("seed": 9000000000000000000)",
          R"("seed": 0)",
          R"("subseed_strength": 1)",
          R"("cfg_scale": -1000)",
          R"("batch_size": 16, "width": 4096, "height": 4096)",
          R"("seed_resize_from_w": 0, "seed_resize_from_h": 7)"}) {
        const auto accepted = surroundings.accept(format("{{{}}}", members));
        EXPECT_TRUE(accepted.has_value()) << members << refusal_text(accepted);
    }
    const std::string longest(static_cast<std::size_t>(kMaxPromptBytes), 'x');
    EXPECT_TRUE(surroundings.accept(format(R"({{"prompt": "{}"}})", longest)));
    EXPECT_EQ(
        refusal_text(surroundings.accept(format(R"({{"negative_prompt": "{}x"}})", longest))),
        "422 [negative_prompt] ensure this value has at most 1048576 bytes");
}

TEST(ToGeneration, FieldsThatWouldChangeThePictureAreRefused) {
    const TestSurroundings surroundings;
    const struct {
        const char* field;
        const char* acts;
        const char* harmless;
    } cases[] = {
        {"styles", R"(["x"])", "[]"},
        {"restore_faces", "true", "false"},
        {"tiling", "true", "null"},
        {"s_min_uncond", "0.1", "0"},
        {"refiner_checkpoint", R"("photo")", R"("None")"},
        {"firstpass_image", R"("aGk=")", R"("")"},
        {"enable_hr", "true", "false"},
        {"infotext", R"("Steps: 1")", R"("")"},
    };
    for (const auto& c : cases) {
        const auto refused = surroundings.accept(format(R"({{"{}": {}}})", c.field, c.acts));
        EXPECT_EQ(
            refusal_text(refused).substr(0, 50),
            format("422 [{}] not supported by this version: leave it", c.field).substr(0, 50));
        EXPECT_TRUE(surroundings.accept(format(R"({{"{}": {}}})", c.field, c.harmless))) << c.field;
    }
}

TEST(ToGeneration, FieldsWithoutEffectAreAccepted) {
    const auto accepted = TestSurroundings().accept(
        R"({"denoising_strength": 0.7, "hr_scale": 9, "hr_upscaler": "Latent", "hr_resize_x": 64,
            "hr_checkpoint_name": "x", "firstphase_width": 64, "refiner_switch_at": 0.8,
            "disable_extra_networks": true, "comments": {"a": 1}, "do_not_save_grid": true,
            "override_settings_restore_afterwards": false, "script_args": [1], "script_name": "",
            "alwayson_scripts": {"Sampler": {"args": []}, "seed": {}, "Refiner": {}}})");
    EXPECT_TRUE(accepted.has_value()) << refusal_text(accepted);
}

TEST(ToGeneration, ScriptsDoNotExist) {
    const TestSurroundings surroundings;
    EXPECT_EQ(
        refusal_text(surroundings.accept(R"({"script_name": "X/Y/Z plot"})")),
        "422 Script 'X/Y/Z plot' not found");
    const auto refused = surroundings.accept(R"({"alwayson_scripts": {"ControlNet": {}}})");
    EXPECT_EQ(refusal_text(refused), "422 Script 'ControlNet' not found");
    EXPECT_EQ(refused.error().body["error"], json::Value("HTTPException"));
}

TEST(ToGeneration, PromptConstructsWithoutEffectAreRefused) {
    const TestSurroundings surroundings;
    EXPECT_EQ(
        refusal_text(surroundings.accept(R"({"prompt": "a AND b"})")),
        "422 [prompt] prompt construct not supported by this version: AND");
    EXPECT_EQ(
        refusal_text(surroundings.accept(R"({"negative_prompt": "[a|b]"})")),
        "422 [negative_prompt] prompt construct not supported by this version: alternation");
}

TEST(ToGeneration, NegativePromptsAreJudgedAsNegative) {
    const TestSurroundings surroundings;
    EXPECT_EQ(
        surroundings.generation(R"({"negative_prompt": "a AND b"})").negative_prompt, "a AND b");
}

TEST(ToGeneration, ConstructsInCommentsAreNotThere) {
    TestSurroundings surroundings;
    const char* body = R"({"prompt": "a fox # AND b", "negative_prompt": "#[a|b]"})";
    EXPECT_EQ(surroundings.generation(body).prompt, "a fox \n");
    surroundings.options =
        surroundings.options.with_changes({{"enable_prompt_comments", false}}, {}).value();
    EXPECT_EQ(refusal_text(surroundings.accept(body)).substr(0, 12), "422 [prompt]");
}

TEST(ToGeneration, SeveralSavedPicturesWouldHaveAGrid) {
    const TestSurroundings surroundings;
    EXPECT_TRUE(surroundings.accept(R"({"save_images": true})"));
    EXPECT_EQ(
        refusal_text(surroundings.accept(R"({"save_images": true, "n_iter": 2})")).substr(0, 17),
        "422 [save_images]");
}

TEST(ToGeneration, RemovesCommentsUnlessTheOptionSaysNo) {
    TestSurroundings surroundings;
    const char* body = R"({"prompt": "#one\na # two\n#three\nb", "negative_prompt": "c#d"})";
    EXPECT_EQ(surroundings.generation(body).prompt, "\na \nb");
    EXPECT_EQ(surroundings.generation(body).negative_prompt, "c\n");
    surroundings.options =
        surroundings.options.with_changes({{"enable_prompt_comments", false}}, {}).value();
    EXPECT_EQ(surroundings.generation(body).negative_prompt, "c#d");
}

TEST(ToGeneration, OptionsAndOverridesAct) {
    TestSurroundings surroundings;
    surroundings.options =
        surroundings.options
            .with_changes(
                {{"CLIP_stop_at_last_layers", 2}, {"sd_model_checkpoint", "photo"}},
                surroundings.models)
            .value();
    const auto stored = surroundings.generation("{}");
    EXPECT_EQ(stored.clip_skip, 2);
    EXPECT_EQ(stored.model, "photo");
    const auto overridden = surroundings.generation(
        R"({"override_settings": {"CLIP_stop_at_last_layers": "3", "randn_source": "NV",
            "sd_model_checkpoint": "ICONS", "eta_noise_seed_delta": 31337,
            "emphasis": "No norm", "sd_vae": "None", "samples_format": "png"}})");
    EXPECT_EQ(overridden.clip_skip, 3);
    EXPECT_EQ(overridden.randn_source, "NV");
    EXPECT_EQ(overridden.model, "icons-128");
    EXPECT_EQ(overridden.eta_noise_seed_delta, 31337);
    EXPECT_EQ(overridden.emphasis, "No norm");
}

TEST(ToGeneration, BadOverridesAreRefused) {
    const TestSurroundings surroundings;
    const auto refused = [&](const char* settings) {
        return refusal_text(
            surroundings.accept(format(R"({{"override_settings": {}}})", settings)));
    };
    EXPECT_EQ(refused(R"({"filter_nsfw": true})"), "500 'filter_nsfw'");
    EXPECT_EQ(
        refused(R"({"sd_model_checkpoint": "nothing"})"),
        "422 [sd_model_checkpoint] unknown checkpoint (known: icons-128, photo): nothing");
    EXPECT_EQ(
        refused(R"({"randn_source": "TPU"})"),
        R"(422 [randn_source] unexpected value; permitted: "GPU", "CPU", "NV")");
    EXPECT_EQ(
        refused(R"({"CLIP_stop_at_last_layers": 13})"),
        "422 [CLIP_stop_at_last_layers] ensure this value is less than or equal to 12");
    EXPECT_EQ(refused(R"({"filter_nsfw": null, "sd_model_checkpoint": ""})"), "accepted");
}

TEST(ToGeneration, WithoutCheckpointsTheServiceIsUnavailable) {
    TestSurroundings surroundings;
    surroundings.models.clear();
    EXPECT_EQ(refusal_text(surroundings.accept("{}")), "503 no checkpoint in the models folder");
}

TEST(ToGeneration, EtaComesFromTheRequestThenFromTheOption) {
    TestSurroundings surroundings;
    surroundings.options =
        surroundings.options.with_changes({{"eta_ancestral", 0.5}, {"eta_ddim", 0.25}}, {}).value();
    const std::pair<const char*, std::optional<double>> cases[] = {
        {R"({"sampler_name": "Euler a"})", 0.5},
        {R"({"sampler_name": "Euler a", "eta": 0})", 0.0},
        {R"({"sampler_name": "DDIM"})", 0.25},
        {R"({"sampler_name": "DDIM", "eta": 1})", 1.0},
        {R"({"sampler_name": "Euler", "eta": 1})", std::nullopt},
    };
    for (const auto& [body, eta] : cases)
        EXPECT_EQ(surroundings.generation(body).eta, eta) << body;
}

TEST(ToGeneration, ASigmaOptionOffItsDefaultWinsOverTheRequest) {
    TestSurroundings surroundings;
    const char* body = R"({"s_churn": 5, "s_tmin": 0.1, "s_tmax": 9, "s_noise": 1.1})";
    EXPECT_EQ(surroundings.generation(body).s_churn, 5.0);
    EXPECT_EQ(surroundings.generation(body).s_tmax, 9.0);
    surroundings.options = surroundings.options.with_changes({{"s_churn", 2}}, {}).value();
    EXPECT_EQ(surroundings.generation(body).s_churn, 2.0);
    EXPECT_EQ(surroundings.generation(body).s_noise, 1.1);
    const auto other = surroundings.generation(R"({"s_noise": 1.1, "sampler_name": "DDIM"})");
    EXPECT_EQ(other.s_churn, 0.0);
    EXPECT_EQ(other.s_noise, 1.0);
}

TEST(ToGeneration, PassesTheCallersTaskNameOn) {
    EXPECT_EQ(
        TestSurroundings().accept(R"x({"force_task_id": "task(abc)"})x")->task_name, "task(abc)");
}

}  // namespace
}  // namespace darkroom::api
