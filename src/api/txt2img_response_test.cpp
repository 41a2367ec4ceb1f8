// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_response.h"

#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

TEST(Txt2imgResponse, InfoHasA1111sKeysInOrderAndPythonsStyle) {
    const TestSurroundings surroundings;
    const auto g = surroundings.generation(
        R"({"prompt": "caf\u00e9", "negative_prompt": "b", "seed": 5, "subseed": 7, "n_iter": 2,
            "sampler_name": "DPM++ 2M", "steps": 4})");
    GenerationReport report;
    report.context =
        make_infotext_context(g, surroundings.models[0], surroundings.catalog, "darkroom 0.1.0");
    report.infotexts = {"one", "two"};
    report.job_timestamp = "20240102030405";
    EXPECT_EQ(
        make_info(g, report),
        R"({"prompt": "caf\u00e9", "all_prompts": ["caf\u00e9", "caf\u00e9"], )"
        R"("negative_prompt": "b", "all_negative_prompts": ["b", "b"], "seed": 5, )"
        R"("all_seeds": [5, 6], "subseed": 7, "all_subseeds": [7, 8], "subseed_strength": 0, )"
        R"("width": 512, "height": 512, "sampler_name": "DPM++ 2M", "cfg_scale": 7.0, )"
        R"("steps": 4, "batch_size": 1, "restore_faces": false, "face_restoration_model": null, )"
        R"("sd_model_name": "icons-128", "sd_model_hash": "aaaaaaaaaa", "sd_vae_name": null, )"
        R"("sd_vae_hash": null, "seed_resize_from_w": -1, "seed_resize_from_h": -1, )"
        R"("denoising_strength": null, "extra_generation_params": {"Schedule type": "Karras"}, )"
        R"("index_of_first_image": 0, "infotexts": ["one", "two"], "styles": [], )"
        R"("job_timestamp": "20240102030405", "clip_skip": 1, )"
        R"("is_using_inpainting_conditioning": false, "version": "darkroom 0.1.0"})");
}

TEST(Txt2imgResponse, VariedPicturesShareTheSeed) {
    const auto g = TestSurroundings().generation(
        R"({"seed": 5, "subseed": 7, "subseed_strength": 0.5, "batch_size": 2})");
    const json::Value info = json::parse(make_info(g, {})).value();
    EXPECT_EQ(json::dump(info["all_seeds"]), "[5,5]");
    EXPECT_EQ(json::dump(info["all_subseeds"]), "[7,8]");
    EXPECT_EQ(json::dump(info["subseed_strength"]), "0.5");
}

TEST(Txt2imgResponse, CarriesPicturesTheWholeRequestAndInfoAsText) {
    const Txt2imgRequest request = parse_txt2img(R"({"prompt": "x", "cfg_scale": 7})").value();
    const json::Value body =
        json::parse(txt2img_response({"AAAA", "BBBB"}, request, R"({"a": 1})")).value();
    EXPECT_EQ(json::dump(body["images"]), R"(["AAAA","BBBB"])");
    EXPECT_EQ(body["parameters"], json::Value(request.parameters));
    EXPECT_EQ(body["info"], json::Value(R"({"a": 1})"));
    EXPECT_EQ(txt2img_response({}, request, "{}").substr(0, 25), R"({"images":[],"parameters")");
}

TEST(Txt2imgResponse, SendsNoPicturesWhenAskedNotTo) {
    const Txt2imgRequest request = parse_txt2img(R"({"send_images": false})").value();
    const json::Value body = json::parse(txt2img_response({"AAAA"}, request, "{}")).value();
    EXPECT_TRUE(body["images"].as_array().empty());
}

TEST(Txt2imgResponse, TimestampsAreWrittenWithoutSeparators) {
    EXPECT_EQ(job_timestamp(1'700'000'000'000), "20231114221320");
    EXPECT_EQ(job_timestamp(0), "19700101000000");
}

}  // namespace
}  // namespace darkroom::api
