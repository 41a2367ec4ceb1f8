// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <string>

#include <gtest/gtest.h>

namespace darkroom {
namespace {

std::string encode(std::string_view text) {
    return base64_encode(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(Base64, MatchesTheExamplesOfRfc4648) {
    EXPECT_EQ(encode(""), "");
    EXPECT_EQ(encode("f"), "Zg==");
    EXPECT_EQ(encode("fo"), "Zm8=");
    EXPECT_EQ(encode("foo"), "Zm9v");
    EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodingReversesEncoding) {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        text += static_cast<char>(i * 7);
        const auto bytes = base64_decode(encode(text));
        ASSERT_TRUE(bytes);
        const std::string back(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        EXPECT_EQ(back, text);
    }
}

TEST(Base64, RefusesWhatIsNotBase64) {
    for (const char* text : {"Zg=", "Zg", "Z===", "Zm9v!mFy", "Zg==Zg==", "Zm 9v", "===="}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

TEST(Utf8, TellsWellFormedFromMalformed) {
    EXPECT_TRUE(is_valid_utf8("plain"));
    EXPECT_TRUE(is_valid_utf8("\xE4\xB8\xAD\xF0\x9F\x8D\x8E"));
    EXPECT_FALSE(is_valid_utf8("\xC0\xAF"));          // overlong
    EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));      // surrogate
    EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
    EXPECT_FALSE(is_valid_utf8("\xE4\xB8"));          // cut short
    EXPECT_FALSE(is_valid_utf8("\x80"));
}

TEST(Utf8, RepairReplacesOnlyBadBytes) {
    EXPECT_EQ(repair_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(repair_utf8("\xE4\xB8\xAD"), "\xE4\xB8\xAD");
}

}  // namespace
}  // namespace darkroom
