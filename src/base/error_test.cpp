// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Error, ContextStandsBeforeTheMessage) {
    const Error error{ErrorCode::corrupt_input, "header is cut short", "file"};
    const Error outer = error.with_context("loading a.safetensors");
    EXPECT_EQ(outer.message, "loading a.safetensors: header is cut short");
    EXPECT_EQ(outer.code, ErrorCode::corrupt_input);
    EXPECT_EQ(outer.field, "file");
}

TEST(Error, WordsAndCodesMapOntoEachOther) {
    for (int i = 0; i <= static_cast<int>(ErrorCode::insufficient_storage); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        EXPECT_EQ(error_code_from(to_string(code)), code);
        EXPECT_GE(http_status(code), 400);
    }
}

TEST(Error, OnlyCapacityAndDependenciesAreWorthARetry) {
    EXPECT_TRUE(is_retryable(ErrorCode::unavailable));
    EXPECT_FALSE(is_retryable(ErrorCode::corrupt_input));
}

}  // namespace
}  // namespace darkroom
