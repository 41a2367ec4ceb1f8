// SPDX-License-Identifier: Apache-2.0
#include "engine/text/emphasis.h"

#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace darkroom::engine {

std::ostream& operator<<(std::ostream& out, const WeightedText& part) {
    return out << "'" << part.text << "' " << part.weight;
}

namespace {

using Parts = std::vector<WeightedText>;

Parts parse(std::string_view prompt) {
    return parse_emphasis(prompt).value();
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

constexpr double kLess = 1 / 1.1;

TEST(Emphasis, MultipliesBrackets) {
    EXPECT_EQ(parse("a ((b)) c"), (Parts{{"a ", 1.0}, {"b", 1.1 * 1.1}, {" c", 1.0}}));
    EXPECT_EQ(parse("(a (b:2):1.5)"), (Parts{{"a ", 1.5}, {"b", 3.0}}));
    EXPECT_EQ(parse("(a:-1)"), (Parts{{"a", -1.0}}));
    EXPECT_EQ(parse("[a]"), (Parts{{"a", kLess}}));
    EXPECT_EQ(parse("normal text"), (Parts{{"normal text", 1.0}}));
}

TEST(Emphasis, UnclosedBracketsReachToTheEnd) {
    EXPECT_EQ(parse("(b:1.3"), (Parts{{"b:1.3", 1.1}}));
    EXPECT_EQ(parse("a [b (c"), (Parts{{"a ", 1.0}, {"b ", kLess}, {"c", 1.1 * kLess}}));
    EXPECT_EQ(parse("a) b]"), (Parts{{"a) b]", 1.0}}));
}

TEST(Emphasis, WeightInSquareBracketsIsText) {
    EXPECT_EQ(parse("[a:1.3]"), (Parts{{"a:1.3", kLess}}));
    EXPECT_EQ(parse("a:1.3)"), (Parts{{"a:1.3)", 1.0}}));
}

TEST(Emphasis, BackslashMakesBracketsText) {
    EXPECT_EQ(parse(R"(\(literal\])"), (Parts{{"(literal]", 1.0}}));
    EXPECT_EQ(parse(R"(a\\b\c\)"), (Parts{{R"(a\bc)", 1.0}}));
    EXPECT_EQ(parse(R"((x\)))"), (Parts{{"x)", 1.1}}));
}

TEST(Emphasis, NeighboursOfEqualWeightAreOne) {
    EXPECT_EQ(parse("(unnecessary)(parens)"), (Parts{{"unnecessaryparens", 1.1}}));
    EXPECT_EQ(parse("a(b:1)c"), (Parts{{"abc", 1.0}}));
}

TEST(Emphasis, ReadsTheKnownLongExample) {
    EXPECT_EQ(
        parse("a (((house:1.3)) [on] a (hill:0.5), sun, (((sky)))."),
        (Parts{
            {"a ", 1.0},
            {"house", 1.5730000000000004},
            {" ", 1.1},
            {"on", 1.0},
            {" a ", 1.1},
            {"hill", 0.55},
            {", sun, ", 1.1},
            {"sky", 1.4641000000000006},
            {".", 1.1}}));
}

TEST(Emphasis, InterleavedBracketsMultiplyWhatTheyCover) {
    EXPECT_EQ(parse("(a[b)c]"), (Parts{{"a", 1.1}, {"b", 1.1 * kLess}, {"c", kLess}}));
}

TEST(Emphasis, NumbersMayHaveSignsSpacesAndOtherDigits) {
    EXPECT_EQ(parse("(a: +1.5 )"), (Parts{{"a", 1.5}}));
    EXPECT_EQ(parse("(a:.5)"), (Parts{{"a", 0.5}}));
    EXPECT_EQ(parse("(a:2.)"), (Parts{{"a", 2.0}}));
    EXPECT_EQ(parse("(a:１.５)"), (Parts{{"a", 1.5}}));
    EXPECT_EQ(parse("(a:1e3)"), (Parts{{"a:1e3", 1.1}}));
    EXPECT_EQ(parse("(a:0." + std::string(400, '0') + "1)"), (Parts{{"a", 0.0}}));
}

TEST(Emphasis, BreakIsAMarkerThatEatsSpaces) {
    EXPECT_EQ(parse("a BREAK b"), (Parts{{"a", 1.0}, {"BREAK", -1.0}, {"b", 1.0}}));
    EXPECT_TRUE(parse("a BREAK b")[1].is_break());
    EXPECT_EQ(parse("aBREAK BREAKb break"), (Parts{{"aBREAK BREAKb break", 1.0}}));
    EXPECT_EQ(
        parse("BREAK\n\nBREAK"),
        (Parts{{"", 1.0}, {"BREAK", -1.0}, {"", 1.0}, {"BREAK", -1.0}, {"", 1.0}}));
    EXPECT_EQ(parse("a,BREAK,b"), (Parts{{"a,", 1.0}, {"BREAK", -1.0}, {",b", 1.0}}));
}

TEST(Emphasis, BreakInsideBracketsIsTextLikeUpstream) {
    const Parts parts = parse("(a BREAK b:1.2)");
    EXPECT_EQ(parts, (Parts{{"a", 1.2}, {"BREAK", -1.2}, {"b", 1.2}}));
    EXPECT_FALSE(parts[1].is_break());
}

TEST(Emphasis, EmptyPromptIsOneEmptyPart) {
    EXPECT_EQ(parse(""), (Parts{{"", 1.0}}));
    EXPECT_EQ(parse("(((("), (Parts{{"", 1.0}}));
    EXPECT_EQ(parse("()"), (Parts{{"", 1.0}}));
}

TEST(Emphasis, WrongNumberIsAnError) {
    for (const char* prompt : {"(a:1.2.3)", "(a:.)", "(a:+..)"}) {
        const auto parts = parse_emphasis(prompt);
        ASSERT_FALSE(parts.has_value()) << prompt;
        EXPECT_EQ(parts.error().code, ErrorCode::invalid_argument);
    }
    EXPECT_EQ(
        parse_emphasis("(a:1.2.3)").error().message, "emphasis weight is not a number: 1.2.3");
}

TEST(Emphasis, WeightBeyondAFloatIsAnError) {
    EXPECT_FALSE(parse_emphasis("(a:" + std::string(400, '9') + ")").has_value());
    EXPECT_FALSE(parse_emphasis("(a:" + std::string(50, '9') + ")").has_value());
    EXPECT_FALSE(parse_emphasis(repeated("(", 10'000) + "a").has_value());
}

TEST(Emphasis, NestingTenThousandDeepIsLinear) {
    const Parts parts = parse(repeated("([", 5'000) + "a" + repeated("])", 5'000));
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_NEAR(parts[0].weight, 1.0, 1e-9);
    EXPECT_EQ(parse(repeated("[", 10'000) + "a"), (Parts{{"a", 0.0}}));
    const Parts deep = parse(repeated("(", 900) + "a" + repeated(")", 900));
    EXPECT_NEAR(std::log(deep[0].weight), 900 * std::log(1.1), 1e-9);
}

TEST(Emphasis, AMegabyteOfHostileTextIsQuick) {
    EXPECT_EQ(parse(repeated("(", 1 << 20)), (Parts{{"", 1.0}}));
    EXPECT_EQ(parse(repeated(")", 1 << 20)).size(), 1u);
    EXPECT_EQ(parse(repeated("[a", 1 << 19)).back().weight, 0.0);
    EXPECT_EQ(parse(repeated(":1", 1 << 19)).size(), 1u);
    EXPECT_GT(parse(repeated("([a(b:1.01)", 1 << 16) + repeated("])", 1 << 16)).size(), 1u << 16);
    EXPECT_EQ(parse(repeated("BREAK ", 1 << 17)).size(), (1u << 18) + 1);
    EXPECT_EQ(parse(repeated("\\", 1 << 20))[0].text.size(), 1u << 19);
    EXPECT_EQ(parse(std::string(1 << 20, ' ')).size(), 1u);
}

TEST(Emphasis, KeepsNulBytesAndRepairsUtf8) {
    EXPECT_EQ(parse(std::string_view("a\0b", 3))[0].text, std::string("a\0b", 3));
    EXPECT_EQ(parse("(\xFF)"), (Parts{{"\xEF\xBF\xBD", 1.1}}));
}

}  // namespace
}  // namespace darkroom::engine
