// SPDX-License-Identifier: Apache-2.0
#include "api/image_field.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

std::string file_of(std::string_view text) {
    const auto field = parse_image_field(text, "image");
    if (!field) return "refused: " + field.error().field;
    return {reinterpret_cast<const char*>(field->file.data()), field->file.size()};
}

TEST(ImageField, IsBase64WithOrWithoutADataUri) {
    EXPECT_EQ(file_of("cGljdHVyZQ=="), "picture");
    EXPECT_EQ(file_of("data:image/png;base64,cGljdHVyZQ=="), "picture");
    EXPECT_EQ(file_of("DATA:image/svg+xml;charset=x;base64,cGljdHVyZQ=="), "picture");
    EXPECT_EQ(file_of(" cGlj\r\ndHVy\r\nZQ==\n"), "picture");
}

TEST(ImageField, ATextWithADotIsAnObjectKey) {
    const auto field = parse_image_field(" local/0123/1/0.png\n", "image").value();
    EXPECT_TRUE(field.file.empty());
    EXPECT_EQ(field.key, "local/0123/1/0.png");
}

TEST(ImageField, AUrlIsTakenAsItIs) {
    EXPECT_EQ(image_url(" HTTPS://example.com/x.png\n"), "HTTPS://example.com/x.png");
    EXPECT_EQ(image_url("http://example.com/x y"), "http://example.com/x y");
    for (const std::string_view text :
         {"",
          " ",
          "http",
          "http:/a",
          "httpsa",
          "file:///a",
          "ahttp://b",
          "cGljdHVyZQ==",
          "a/b.png"})
        EXPECT_FALSE(image_url(text)) << text;
}

TEST(ImageField, EverythingElseIsRefusedByName) {
    for (const std::string_view text :
         {"",
          "   ",
          "cGljdHVyZQ=",
          "cGljdHVyZQ",
          "cGlj_HVy",
          "cGlj-HVy",
          "data:text/html;base64,cGljdHVyZQ==",
          "data:image/png,cGljdHVyZQ==",
          "data:image/png;base64,",
          "http://127.0.0.1/x.png",
          "HTTPS://example.com/x.png",
          "<svg>"}) {
        EXPECT_EQ(file_of(text), "refused: image") << text;
    }
}

}  // namespace
}  // namespace darkroom::api
