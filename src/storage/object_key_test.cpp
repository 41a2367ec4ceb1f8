// SPDX-License-Identifier: Apache-2.0
#include "storage/object_key.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace darkroom::storage {
namespace {

ObjectKey key(std::string_view text) {
    return ObjectKey::parse(text).value();
}

std::string path_of(std::size_t segments) {
    std::string text = "s";
    for (std::size_t i = 1; i < segments; ++i)
        text += "/s";
    return text;
}

TEST(ObjectKey, OrdinaryKeysParse) {
    for (const char* text : {"a", "a.png", "studio_1/4f0c/1/0.png", "_x/y-z", "0", "a-.b_"}) {
        const Result<ObjectKey> parsed = ObjectKey::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->text(), text);
    }
    EXPECT_TRUE(ObjectKey::parse(path_of(8)));
    EXPECT_TRUE(ObjectKey::parse(std::string(128, 'a')));
}

TEST(ObjectKey, WhatCouldLeaveTheFolderOrTheAlphabetIsRefused) {
    const std::vector<std::string> cases = {
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/..",
        "../a",
        "a/../b",
        "a..b",
        ".hidden",
        "-rf",
        "A",
        "TMP/x",
        "a b",
        "a\\b",
        "a%2fb",
        "a:b",
        "\xc3\xa9",
        std::string("a\0b", 3),
        std::string("a\n"),
        std::string(129, 'a'),
        path_of(9),
        std::string(120, 'a') + "/" + std::string(120, 'b') + "/" + std::string(120, 'c') + "/" +
            std::string(120, 'd') + "/" + std::string(120, 'e'),
        std::string(1'000'000, 'a')};
    for (const std::string& text : cases) {
        const Result<ObjectKey> parsed = ObjectKey::parse(text);
        ASSERT_FALSE(parsed) << text.substr(0, 40);
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(parsed.error().field, "key");
    }
}

TEST(ObjectKey, ContainsGoesBySegments) {
    EXPECT_TRUE(key("a/b").contains(key("a/b")));
    EXPECT_TRUE(key("a/b").contains(key("a/b/c")));
    EXPECT_FALSE(key("a/b").contains(key("a/bc")));
    EXPECT_FALSE(key("a/b").contains(key("a")));
}

TEST(ObjectKey, SegmentsAreTheParts) {
    EXPECT_EQ(key("a/b.c/d").segments(), (std::vector<std::string>{"a", "b.c", "d"}));
}

}  // namespace
}  // namespace darkroom::storage
