// SPDX-License-Identifier: Apache-2.0
#include "image/exif.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "image/test_files.h"

namespace darkroom::image {
namespace {

using namespace std::string_view_literals;

std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::optional<std::string> comment_in(const std::string& exif) {
    return exif_user_comment(as_bytes(exif));
}

TEST(Exif, OrientationIsReadInBothByteOrders) {
    for (const bool little : {false, true}) {
        for (int orientation = 1; orientation <= 8; ++orientation) {
            const std::string exif = exif_file({.little = little, .orientation = orientation});
            EXPECT_EQ(exif_orientation(as_bytes(exif)), orientation);
        }
        for (const int bad : {0, 9, 65535}) {
            const std::string exif = exif_file({.little = little, .orientation = bad});
            EXPECT_EQ(exif_orientation(as_bytes(exif)), 1);
        }
    }
}

TEST(Exif, AUserCommentIsReadInEachOfItsEncodings) {
    const auto read = [](std::string_view comment) {
        return comment_in(exif_file({.orientation = 1, .comment = std::string(comment)}));
    };
    EXPECT_EQ(read("UNICODE\0\0a\x75\x3B\xD8\x3D\xDE\x00"sv), "a\u753B\U0001F600");
    EXPECT_EQ(read("UNICODE\0\xD8\x3D\0a"sv), "\uFFFDa");
    EXPECT_EQ(read("ASCII\0\0\0Steps: 20"sv), "Steps: 20");
    EXPECT_EQ(read("caf\xC3\xA9 without a prefix"sv), "café without a prefix");
    EXPECT_EQ(read("abc"sv), "abc");
    EXPECT_EQ(read("UNICODE\0"sv), std::nullopt);
}

TEST(Exif, WhatIsNotThereIsNothing) {
    EXPECT_EQ(comment_in(""), std::nullopt);
    EXPECT_EQ(comment_in(exif_file({.orientation = 6})), std::nullopt);
    EXPECT_EQ(exif_orientation(as_bytes("II*")), 1);
    EXPECT_EQ(exif_orientation(as_bytes("not a TIFF structure at all")), 1);
}

TEST(Exif, NoTruncationAndNoFlippedByteIsReadBeyond) {
    const std::string exif =
        exif_file({.orientation = 6, .comment = std::string("ASCII\0\0\0Steps: 20", 17)});
    for (std::size_t length = 0; length < exif.size(); ++length) {
        const std::string cut = exif.substr(0, length);
        EXPECT_NE(comment_in(cut), "Steps: 20") << length;
    }
    for (std::size_t i = 0; i < exif.size(); ++i) {
        std::string flipped = exif;
        flipped[i] = static_cast<char>(~flipped[i]);
        const int orientation = exif_orientation(as_bytes(flipped));
        EXPECT_TRUE(orientation >= 1 && orientation <= 8);
        (void)comment_in(flipped);
    }
}

}  // namespace
}  // namespace darkroom::image
