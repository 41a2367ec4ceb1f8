// SPDX-License-Identifier: Apache-2.0
#include "api/png_info.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

TEST(PngInfo, ABodyNeedsItsImage) {
    EXPECT_EQ(parse_png_info(R"({"image": "abc"})").value(), "abc");
    for (const char* body : {"", "[]", "{}", R"({"image": null})", R"({"image": []})"})
        EXPECT_EQ(parse_png_info(body).error().status, 422) << body;
}

TEST(PngInfo, TheInfotextIsTheUserCommentTheCommentOrTheParameters) {
    PictureTexts picture;
    EXPECT_EQ(infotext_of(picture), "");
    picture.texts = {{"parameters", "from the text"}, {"darkroom", "{}"}};
    EXPECT_EQ(infotext_of(picture), "from the text");
    picture.texts.emplace_back("comment", "a comment");
    EXPECT_EQ(infotext_of(picture), "a comment");
    picture.has_exif = true;
    EXPECT_EQ(infotext_of(picture), "from the text");
    picture.user_comment = "from EXIF";
    EXPECT_EQ(infotext_of(picture), "from EXIF");
}

TEST(PngInfo, ItemsAreTheOtherTexts) {
    const json::Object body = png_info_body(
        {.texts =
             {{"parameters", "a cat\nSteps: 1, Seed: 2, Size: 64x32"},
              {"darkroom", "{}"},
              {"icc_profile", "x"},
              {"darkroom", "{1}"}},
         .has_exif = false,
         .user_comment = std::nullopt});
    EXPECT_EQ(*body.find("info"), json::Value("a cat\nSteps: 1, Seed: 2, Size: 64x32"));
    EXPECT_EQ(*body.find("items"), json::Value(json::Object{{"darkroom", "{1}"}}));
    EXPECT_EQ((*body.find("parameters"))["Size-2"].as_string(), "32");
    EXPECT_EQ((*body.find("parameters"))["Prompt"].as_string(), "a cat");
}

}  // namespace
}  // namespace darkroom::api
