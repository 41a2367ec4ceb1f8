// SPDX-License-Identifier: Apache-2.0
// What image to image adds: its fields, its pictures, its settings.

#include <gtest/gtest.h>

#include "api/generation_limits.h"
#include "api/infotext.h"
#include "api/input_pictures.h"
#include "api/serverless_request.h"
#include "api/serverless_task.h"
#include "api/task_payload.h"
#include "api/test_surroundings.h"
#include "api/txt2img_response.h"

namespace darkroom::api {
namespace {

constexpr const char* kPicture = "aGVsbG8=";

json::Object body_with(json::Object fields) {
    json::Object body{{"init_images", json::Array{kPicture}}};
    for (const auto& [name, value] : fields)
        body.set(name, value);
    return body;
}

Outcome<AcceptedTxt2img> accept(json::Object fields) {
    return TestSurroundings().accept_img2img(json::dump(body_with(std::move(fields))));
}

/// With the keys that a submission gives it.
domain::Generation generation_of(json::Object fields) {
    AcceptedTxt2img accepted = accept(std::move(fields)).value();
    accepted.generation.init->pictures = {"local/1/0/input-1"};
    if (!accepted.inputs.mask.empty()) accepted.generation.init->mask = "local/1/0/mask";
    return accepted.generation;
}

std::string infotext_of(json::Object fields) {
    const domain::Generation generation = generation_of(std::move(fields));
    const std::string text = make_infotext(generation, 0, {});
    return text.substr(text.find("Size: "));
}

TEST(Img2img, FieldsStandInA1111sOrder) {
    std::string names;
    for (const RequestField& field : request_fields(RequestKind::img2img))
        names += std::string(field.name) + " ";
    EXPECT_NE(
        names.find("comments init_images resize_mode image_cfg_scale mask mask_blur_x mask_blur_y "
                   "mask_blur mask_round inpainting_fill inpaint_full_res "
                   "inpaint_full_res_padding inpainting_mask_invert initial_noise_multiplier "
                   "latent_mask force_task_id sampler_index include_init_images script_name "
                   "script_args send_images save_images alwayson_scripts infotext "),
        std::string::npos)
        << names;
    EXPECT_EQ(names.find("enable_hr"), std::string::npos);
}

TEST(Img2img, DefaultsAreThoseOfTheApi) {
    const domain::InitImages init = *generation_of({{"mask", kPicture}}).init;
    EXPECT_EQ(init.denoising_strength, 0.75);
    EXPECT_EQ(init.noise_multiplier, 1.0);
    EXPECT_EQ(init.resize_mode, 0);
    EXPECT_EQ(init.mask_blur_x, 4);
    EXPECT_TRUE(init.is_mask_rounded);
    EXPECT_FALSE(init.is_mask_inverted);
    EXPECT_EQ(init.masked_content, 0);
    EXPECT_TRUE(init.is_only_masked);
    EXPECT_EQ(init.masked_padding, 0);
}

TEST(Img2img, SettingsAreTaken) {
    const domain::InitImages init = *generation_of({{"mask", kPicture},
                                                    {"denoising_strength", 0.4},
                                                    {"initial_noise_multiplier", 1.1},
                                                    {"resize_mode", 2},
                                                    {"mask_blur_x", 1},
                                                    {"mask_blur", 7},
                                                    {"mask_round", false},
                                                    {"inpainting_mask_invert", 1},
                                                    {"inpainting_fill", 3},
                                                    {"inpaint_full_res", false},
                                                    {"inpaint_full_res_padding", 32}})
                                         .init;
    EXPECT_EQ(init.denoising_strength, 0.4);
    EXPECT_EQ(init.noise_multiplier, 1.1);
    EXPECT_EQ(init.resize_mode, 2);
    EXPECT_EQ(init.mask_blur_x, 7);
    EXPECT_EQ(init.mask_blur_y, 7);
    EXPECT_FALSE(init.is_mask_rounded);
    EXPECT_TRUE(init.is_mask_inverted);
    EXPECT_EQ(init.masked_content, 3);
    EXPECT_FALSE(init.is_only_masked);
    EXPECT_EQ(init.masked_padding, 32);
}

TEST(Img2img, AGenerationRoundTripsStrictly) {
    const domain::Generation generation =
        generation_of({{"mask", kPicture}, {"inpainting_fill", 2}, {"mask_blur_x", 3}});
    const std::string text = encode_generation(generation);
    const auto decoded = decode_generation(text);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(encode_generation(*decoded), text);
    EXPECT_EQ(decoded->init->mask, "local/1/0/mask");
    const json::Object members = json::parse(text)->as_object();
    const json::Object init = members.find("init")->as_object();
    for (const auto& [name, value] : init) {
        json::Object without = init;
        without.erase(name);
        json::Object changed = members;
        changed.set("init", without);
        EXPECT_EQ(decode_generation(json::dump(changed)).error().field, name);
    }
    json::Object wrong = members;
    wrong.set("init", "x");
    EXPECT_EQ(decode_generation(json::dump(wrong)).error().field, "init");
}

TEST(Img2img, NoPictureIsA1111s404) {
    const TestSurroundings surroundings;
    for (const char* body : {"{}", R"({"init_images": null})", R"({"init_images": []})"}) {
        const auto refused = surroundings.accept_img2img(body);
        ASSERT_FALSE(refused) << body;
        EXPECT_EQ(refused.error().status, 404);
        EXPECT_EQ(refused.error().body["detail"], json::Value("Init image not found"));
        json::Object order = json::parse(body)->as_object();
        order.set("stable_diffusion_model", "icons-128.safetensors");
        EXPECT_EQ(parse_serverless(RequestKind::img2img, json::dump(order)).error().status, 400);
    }
}

TEST(Img2img, SeveralPicturesAreTheBatch) {
    const json::Array three(3, json::Value(kPicture));
    EXPECT_EQ(accept({{"batch_size", 4}})->generation.batch_size, 4);
    const auto accepted = accept({{"batch_size", 4}, {"init_images", three}});
    EXPECT_EQ(accepted->generation.batch_size, 3);
    EXPECT_EQ(accepted->inputs.pictures.size(), 3u);
    const auto refused = accept({{"batch_size", 2}, {"init_images", three}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 500);
    EXPECT_EQ(
        refused.error().body["errors"],
        json::Value("bad number of images passed: 3; expecting 2 or less"));
}

TEST(Img2img, AnEmptyMaskIsA1111s500) {
    const auto refused = accept({{"mask", ""}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().body["error"], json::Value("AttributeError"));
    EXPECT_TRUE(accept({{"mask", nullptr}}));
}

TEST(Img2img, WhatIsOutOfRangeOrNotDrawnIsRefusedByName) {
    const std::pair<const char*, json::Value> cases[] = {
        {"denoising_strength", 1.5},
        {"denoising_strength", -0.1},
        {"denoising_strength", nullptr},
        {"initial_noise_multiplier", -1},
        {"resize_mode", 3},
        {"resize_mode", 4},
        {"mask_blur_y", 1000},
        {"inpainting_fill", 4},
        {"inpaint_full_res_padding", -1},
        {"latent_mask", "x"},
        {"restore_faces", true},
        {"include_init_images", nullptr},
    };
    for (const auto& [field, value] : cases) {
        const auto refused = accept({{"mask", kPicture}, {field, value}});
        ASSERT_FALSE(refused) << field;
        EXPECT_EQ(refused.error().status, 422) << field;
        EXPECT_EQ(refused.error().body["detail"][0]["loc"][1], json::Value(field));
    }
    const auto refused = accept({{"init_images", json::Array{1}}});
    EXPECT_EQ(refused.error().body["detail"][0]["loc"][2], json::Value(0));
    EXPECT_EQ(accept({{"script_name", "loopback"}}).error().status, 422);
    EXPECT_TRUE(accept({{"image_cfg_scale", 1.5}}));
}

TEST(Img2img, InfotextSaysWhatWasDone) {
    EXPECT_EQ(
        infotext_of({{"width", 64}, {"height", 64}}), "Size: 64x64, Denoising strength: 0.75");
    EXPECT_EQ(
        infotext_of(
            {{"width", 64},
             {"height", 64},
             {"mask", kPicture},
             {"inpainting_mask_invert", 1},
             {"inpaint_full_res_padding", 32},
             {"initial_noise_multiplier", 0.5}}),
        "Size: 64x64, Denoising strength: 0.75, Mask mode: Inpaint not masked, Mask blur: 4, "
        "Inpaint area: Only masked, Masked area padding: 32, Masked content: fill, "
        "Noise multiplier: 0.5");
    EXPECT_EQ(
        infotext_of(
            {{"width", 64},
             {"height", 64},
             {"mask", kPicture},
             {"mask_blur_x", 0},
             {"inpainting_fill", 1},
             {"inpaint_full_res", false}}),
        "Size: 64x64, Denoising strength: 0.75");
}

TEST(Img2img, AnswersRepeatThePicturesOnlyWhenAsked) {
    for (const bool included : {false, true}) {
        const auto request = parse_request(
            RequestKind::img2img,
            json::dump(body_with({{"mask", "bQ=="}, {"include_init_images", included}})));
        const std::string text = txt2img_response({"out"}, *request, "{}");
        const json::Object parameters = json::parse(text).value()["parameters"].as_object();
        EXPECT_EQ(parameters.find("init_images")->is_null(), !included);
        EXPECT_EQ(parameters.find("mask")->is_null(), !included);
        EXPECT_EQ(*parameters.find("include_init_images"), json::Value(included));
    }
}

TEST(Img2img, ParametersOfATaskAreItsSettings) {
    const json::Object parameters = generation_parameters(
        generation_of({{"mask", kPicture}, {"denoising_strength", 0.5}, {"mask_blur", 9}}));
    EXPECT_EQ(*parameters.find("denoising_strength"), json::Value(0.5));
    EXPECT_EQ(*parameters.find("mask_blur_y"), json::Value(9));
    EXPECT_TRUE(parameters.find("init_images")->is_null());
    EXPECT_EQ(parameters.find("enable_hr"), nullptr);
}

}  // namespace
}  // namespace darkroom::api
