// SPDX-License-Identifier: Apache-2.0
#include "compatibility/pattern.h"

#include <gtest/gtest.h>

namespace darkroom::compatibility {
namespace {

json::Value parsed(const char* text) {
    return json::parse(text).value();
}

bool matches(const char* pattern, const char* actual) {
    return mismatch(parsed(pattern), parsed(actual)).empty();
}

TEST(Pattern, AnObjectMayHaveMoreThanIsAskedFor) {
    EXPECT_TRUE(matches(R"({"a": 1})", R"({"a": 1, "b": 2})"));
    EXPECT_FALSE(matches(R"({"a": 1})", R"({"b": 1})"));
    EXPECT_FALSE(matches(R"({"a": 1})", "[1]"));
}

TEST(Pattern, AMemberMayHaveToBeAbsent) {
    EXPECT_TRUE(matches(R"({"a": "<absent>"})", "{}"));
    EXPECT_FALSE(matches(R"({"a": "<absent>"})", R"({"a": null})"));
}

TEST(Pattern, AnArrayHasExactlyItsElements) {
    EXPECT_TRUE(matches(R"([1, {"a": 2}])", R"([1, {"a": 2, "b": 3}])"));
    EXPECT_FALSE(matches("[1]", "[1, 2]"));
    EXPECT_FALSE(matches("[1]", "[2]"));
    EXPECT_FALSE(matches("[]", "null"));
}

TEST(Pattern, NumbersAreComparedAsNumbers) {
    EXPECT_TRUE(matches("1", "1.0"));
    EXPECT_FALSE(matches("1", "true"));
    EXPECT_FALSE(matches("1", R"("1")"));
}

TEST(Pattern, StringsAskForMore) {
    EXPECT_TRUE(matches(R"("<any>")", "null"));
    EXPECT_TRUE(matches(R"("<array 2>")", "[1, 2]"));
    EXPECT_FALSE(matches(R"("<array 2>")", "[1]"));
    EXPECT_TRUE(matches(R"("<length 3>")", R"("abc")"));
    EXPECT_FALSE(matches(R"("<length 3>")", R"("abcd")"));
    EXPECT_TRUE(matches(R"("<from 0 to 0.5>")", "0.5"));
    EXPECT_FALSE(matches(R"("<from 0 to 0.5>")", "0.6"));
    EXPECT_TRUE(matches(R"("<contains b c>")", R"("a b c d")"));
    EXPECT_FALSE(matches(R"("<contains x>")", R"("a")"));
    EXPECT_TRUE(matches(R"("<matches [0-9a-f]+>")", R"("09af")"));
    EXPECT_FALSE(matches(R"("<matches [0-9a-f]+>")", R"("09xyz")"));
    EXPECT_THROW(matches(R"("<conatins x>")", R"("x")"), std::runtime_error);
}

TEST(Pattern, AMismatchSaysWhere) {
    EXPECT_EQ(
        mismatch(parsed(R"({"a": [{"b": 1}]})"), parsed(R"({"a": [{"b": 2}]})")),
        "a[0].b: wanted 1, got 2");
}

TEST(Substitute, ReplacesNamesInStrings) {
    const Variables variables = {{"id", "t1"}, {"list", parsed("[1]")}};
    EXPECT_EQ(substitute("/tasks/${id}/result", variables), json::Value("/tasks/t1/result"));
    EXPECT_EQ(substitute(parsed(R"({"a": ["${list}"]})"), variables), parsed(R"({"a": [[1]]})"));
    EXPECT_THROW(substitute("${other}", variables), std::runtime_error);
}

}  // namespace
}  // namespace darkroom::compatibility
