// SPDX-License-Identifier: Apache-2.0
#include "domain/task_id.h"

#include <string>

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

TEST(TaskId, RandomIdsParseBackAndDiffer) {
    const TaskId first = TaskId::random();
    const TaskId second = TaskId::random();
    EXPECT_NE(first, second);
    const Result<TaskId> parsed = TaskId::parse(first.text());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, first);
}

TEST(TaskId, AnythingButThirtyTwoLowerCaseHexDigitsIsRefused) {
    const std::string cases[] = {
        "",
        std::string(31, 'a'),
        std::string(33, 'a'),
        std::string(32, 'A'),
        std::string(31, 'a') + "g",
        "../" + std::string(29, 'a'),
        std::string(31, 'a') + std::string(1, '\0'),
    };
    for (const std::string& text : cases) {
        const Result<TaskId> parsed = TaskId::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(parsed.error().field, "task_id");
    }
}

}  // namespace
}  // namespace darkroom::domain
