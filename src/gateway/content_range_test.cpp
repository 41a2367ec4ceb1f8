// SPDX-License-Identifier: Apache-2.0
#include "gateway/content_range.h"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

TEST(ContentRange, SaysWhichBytesTheBodyIs) {
    const ContentRange range = parse_content_range("bytes 10-19/100", 10).value();
    EXPECT_EQ(range.begin, 10u);
    EXPECT_EQ(range.size, 10u);
    EXPECT_EQ(range.total, 100u);
    EXPECT_EQ(parse_content_range("", 42).value().total, 42u);
}

TEST(ContentRange, WhatIsNoneIsRefused) {
    for (const char* text :
         {"10-19/100",
          "bytes 10-19",
          "bytes 10-19/*",
          "bytes */100",
          "bytes 19-10/100",
          "bytes 10-19/15",
          "bytes -1-8/100",
          "bytes 10-19/100,20-29/100",
          "bytes 0x0-9/100",
          "bytes 10-19/99999999999999999999",
          "bytes 18446744073709551610-18446744073709551619/18446744073709551615",
          "bytes 10-20/100"}) {
        const auto range = parse_content_range(text, 10);
        ASSERT_FALSE(range) << text;
        EXPECT_EQ(range.error().code, ErrorCode::invalid_argument) << text;
    }
}

}  // namespace
}  // namespace darkroom::gateway
