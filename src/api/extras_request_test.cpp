// SPDX-License-Identifier: Apache-2.0
#include "api/extras_request.h"

#include <gtest/gtest.h>

#include "base/format.h"

namespace darkroom::api {
namespace {

ExtrasRequest single(const std::string& fields) {
    return parse_extra_single(format(R"({{"image": "abc"{}}})", fields)).value();
}

std::string described(const std::string& fields) {
    return html_info(single(fields).extras);
}

/// "field: message" of each entry.
std::string entries(const Refusal& refusal) {
    EXPECT_EQ(refusal.status, 422);
    std::string text;
    for (const json::Value& entry : refusal.body["detail"].as_array()) {
        const json::Value& last = entry["loc"].as_array().back();
        text +=
            (text.empty() ? "" : "; ") + (last.is_string() ? last.as_string() : json::dump(last));
        text += ": " + entry["msg"].as_string();
    }
    return text;
}

std::string refusal_of(const std::string& fields) {
    return entries(parse_extra_single("{" + fields + "}").error());
}

TEST(ExtrasRequest, WithoutAnUpscalerNothingIsDone) {
    const ExtrasRequest request = single("");
    EXPECT_EQ(request.images, std::vector<std::string>{"abc"});
    EXPECT_EQ(request.extras.upscaler, "None");
    EXPECT_EQ(html_info(request.extras), "<p></p>");
    EXPECT_EQ(described(R"(, "upscaling_resize": 4)"), "<p></p>");
}

TEST(ExtrasRequest, IsDescribedInA1111sWords) {
    EXPECT_EQ(
        described(R"(, "upscaler_1": "Lanczos", "upscaling_resize": 2)"),
        "<p>Postprocess upscale by: 2.0, Postprocess upscaler: Lanczos</p>");
    EXPECT_EQ(
        described(R"(, "upscaler_1": "Nearest")"),
        "<p>Postprocess upscale by: 2, Postprocess upscaler: Nearest</p>");
    EXPECT_EQ(
        described(R"(, "upscaler_1": "Lanczos", "resize_mode": 1, "upscaling_resize_w": 640,
                      "upscaler_2": "Nearest", "extras_upscaler_2_visibility": 0.5)"),
        "<p>Postprocess upscale to: 640x512, Postprocess crop to: 640x512, "
        "Postprocess upscaler: Lanczos, Postprocess upscaler 2: Nearest</p>");
    EXPECT_EQ(
        described(R"(, "upscaler_1": "Lanczos", "resize_mode": 1, "upscaling_crop": false,
                      "upscaler_2": "Nearest")"),
        "<p>Postprocess upscale to: 512x512, Postprocess upscaler: Lanczos</p>");
}

TEST(ExtrasRequest, ValuesAreRefusedInPydanticsWords) {
    EXPECT_EQ(refusal_of(R"("resize_mode": 2)"), "resize_mode: unexpected value; permitted: 0, 1");
    EXPECT_EQ(
        refusal_of(R"("resize_mode": "1")"), "resize_mode: unexpected value; permitted: 0, 1");
    EXPECT_EQ(
        refusal_of(R"("upscaling_resize": 0, "upscaling_resize_h": 0)"),
        "upscaling_resize: ensure this value is greater than 0; "
        "upscaling_resize_h: ensure this value is greater than or equal to 1");
    EXPECT_EQ(
        refusal_of(R"("upscaling_resize": "inf")"),
        "upscaling_resize: ensure this value is greater than 0");
    EXPECT_EQ(
        refusal_of(R"("extras_upscaler_2_visibility": 1.5)"),
        "extras_upscaler_2_visibility: ensure this value is less than or equal to 1");
    EXPECT_EQ(refusal_of(R"("upscaler_1": null)"), "upscaler_1: none is not an allowed value");
    EXPECT_EQ(refusal_of(R"("image": null)"), "image: none is not an allowed value");
}

TEST(ExtrasRequest, WhatDoesNotExistIsRefusedByItsField) {
    EXPECT_EQ(
        refusal_of(R"("upscaler_1": "R-ESRGAN 4x+", "upscaler_2": "LDSR")"),
        "upscaler_1: no such upscaler: choose None, Lanczos or Nearest; "
        "upscaler_2: no such upscaler: choose None, Lanczos or Nearest");
    EXPECT_EQ(
        refusal_of(R"("gfpgan_visibility": 0.5, "codeformer_visibility": 1)"),
        "gfpgan_visibility: not supported by this version: leave it 0; "
        "codeformer_visibility: not supported by this version: leave it 0");
    // Without visibility its weight means nothing.
    EXPECT_TRUE(parse_extra_single(R"({"codeformer_weight": 0.5})"));
}

TEST(ExtrasRequest, ABatchIsAListOfDataAndName) {
    const ExtrasRequest batch =
        parse_extra_batch(
            R"({"imageList": [{"data": "a", "name": "1"}, {"data": "b", "name": 2}]})")
            .value();
    EXPECT_EQ(batch.images, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(batch.image_field, "imageList");
    EXPECT_EQ(entries(parse_extra_batch("{}").error()), "imageList: field required");
    EXPECT_EQ(
        entries(parse_extra_batch(R"({"imageList": {}})").error()),
        "imageList: value is not a valid list");
    EXPECT_EQ(
        entries(parse_extra_batch(R"({"imageList": [1, {"data": []}]})").error()),
        "0: value is not a valid dict; data: str type expected; name: field required");
    EXPECT_EQ(
        entries(parse_extra_batch(R"({"imageList": []})").error()),
        "imageList: has 1 to 64 images");
    std::string many;
    for (int i = 0; i < 65; ++i)
        many += R"({"data": "a", "name": ""},)";
    many.pop_back();
    EXPECT_FALSE(parse_extra_batch("{\"imageList\": [" + many + "]}"));
}

TEST(ExtrasRequest, TheServerlessFormTakesFieldsInAnyCaseAndNoCheckpoint) {
    const ExtrasRequest request =
        parse_serverless_extras(
            R"({"StableDiffusionModel": "x", "Image": "a", "UPSCALER_1": "Lanczos",
                "upscaling_crop": null, "nonsense": 1})")
            .value();
    EXPECT_EQ(request.images, std::vector<std::string>{"a"});
    EXPECT_EQ(request.extras.upscaler, "Lanczos");
    EXPECT_EQ(request.unknown_fields, std::vector<std::string>{"nonsense"});
    EXPECT_EQ(parse_serverless_extras("[]").error().status, 400);
    const Refusal refused = parse_serverless_extras(R"({"upscaler_1": "x"})").error();
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(
        refused.body["message"].as_string(),
        "upscaler_1: no such upscaler: choose None, Lanczos or Nearest");
}

}  // namespace
}  // namespace darkroom::api
