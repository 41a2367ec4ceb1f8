// SPDX-License-Identifier: Apache-2.0
#include "json/json.h"

#include <string>

#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::json {
namespace {

TEST(Json, KeepsTheOrderOfMembersAndTheKindOfNumbers) {
    const Value value =
        parse(R"({"b": 1, "a": [1.5, null, true, "x"], "c": -9007199254740993})").value();
    EXPECT_EQ(dump(value), R"({"b":1,"a":[1.5,null,true,"x"],"c":-9007199254740993})");
    EXPECT_TRUE(value["b"].is_integer());
    EXPECT_TRUE(value["a"][0].is_double());
}

TEST(Json, PythonStyleEscapesAndSpacesAsJsonDumps) {
    const Value value(Object{{"k", Array{1, "\xC3\xA9\n"}}});
    EXPECT_EQ(dump(value, Style::python), "{\"k\": [1, \"\\u00e9\\n\"]}");
}

TEST(Json, IndentsOnRequest) {
    EXPECT_EQ(dump(Value(Object{{"k", Array{}}}), Style::indented), "{\n  \"k\": []\n}");
}

TEST(Json, RefusesHostileTexts) {
    EXPECT_FALSE(parse(""));
    EXPECT_FALSE(parse("{\"a\":1,\"a\":2}"));
    EXPECT_FALSE(parse("{\"a\":1} x"));
    EXPECT_FALSE(parse("1e999"));
    EXPECT_FALSE(parse("\"\xFF\""));
    EXPECT_FALSE(parse(std::string(1000, '[')));
    EXPECT_FALSE(parse(std::string(65, '[') + std::string(65, ']')));
    EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')));
}

TEST(Json, TellsWhereTheTextBreaks) {
    const auto parsed = parse_located("{\"a\": tru}");
    ASSERT_TRUE(std::holds_alternative<ParseError>(parsed));
    EXPECT_GE(std::get<ParseError>(parsed).position, 6u);
}

TEST(Json, ReadingAnotherTypeIsAContractViolation) {
    EXPECT_THROW((void)Value(1).as_string(), ContractViolation);
    EXPECT_THROW((void)Value(Object{})["x"], ContractViolation);
    EXPECT_EQ(Value(1).find("x"), nullptr);
}

TEST(Json, MalformedTextInStringsIsReplacedWhenWritten) {
    EXPECT_EQ(dump(Value("a\xFF")), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace darkroom::json
