// SPDX-License-Identifier: Apache-2.0
#include "api/idempotency_key.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

TEST(IdempotencyKey, IsReadWithItsQuotesAndWithout) {
    EXPECT_EQ(parse_idempotency_key("").value(), "");
    EXPECT_EQ(parse_idempotency_key("order-1").value(), "order-1");
    EXPECT_EQ(parse_idempotency_key("\"order-1\"").value(), "order-1");
}

TEST(IdempotencyKey, WhatCannotNameATaskIsRefused) {
    for (const std::string& header :
         {std::string("\"\""),
          std::string("\"open"),
          std::string("a\"b"),
          std::string("a\x01"),
          std::string("\xff\xfe"),
          std::string(257, 'a')}) {
        EXPECT_EQ(parse_idempotency_key(header).error().field, kIdempotencyKey) << header;
    }
}

TEST(IdempotencyKey, TwoDifferentNamesAreRefused) {
    EXPECT_EQ(one_task_name("a", "").value(), "a");
    EXPECT_EQ(one_task_name("", "b").value(), "b");
    EXPECT_EQ(one_task_name("a", "a").value(), "a");
    EXPECT_EQ(one_task_name("", "").value(), "");
    EXPECT_EQ(one_task_name("a", "b").error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace darkroom::api
