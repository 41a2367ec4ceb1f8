// SPDX-License-Identifier: Apache-2.0
#include "api/python_text.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

TEST(PythonText, WritesFloatsAsStrDoes) {
    const std::pair<double, const char*> cases[] = {
        {7.0, "7.0"},
        {0.1, "0.1"},
        {-0.0, "-0.0"},
        {7.25, "7.25"},
        {1e-4, "0.0001"},
        {1e-5, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {1e100, "1e+100"},
        {0.1 + 0.2, "0.30000000000000004"},
        {123.456, "123.456"},
        {std::numeric_limits<double>::infinity(), "inf"},
    };
    for (const auto& [value, text] : cases)
        EXPECT_EQ(python_float(value), text);
    EXPECT_EQ(python_float(std::nan("")), "nan");
}

TEST(PythonText, WritesKeysAsReprDoes) {
    EXPECT_EQ(python_repr("foo"), "'foo'");
    EXPECT_EQ(python_repr("it's"), "\"it's\"");
    EXPECT_EQ(python_repr("a'b\"c"), "'a\\'b\"c'");
    EXPECT_EQ(python_repr("a\\\n\x01"), "'a\\\\\\n\\x01'");
}

TEST(PythonText, ReadsIntegersAsIntDoes) {
    EXPECT_EQ(parse_python_int("12"), 12);
    EXPECT_EQ(parse_python_int(" -12\n"), -12);
    EXPECT_EQ(parse_python_int("+1_000"), 1000);
    EXPECT_EQ(parse_python_int("-9223372036854775808"), INT64_MIN);
    for (const char* text :
         {"",
          " ",
          "-",
          "1.0",
          "0x10",
          "1__0",
          "_1",
          "1_",
          "+-1",
          "12a",
          "9223372036854775808",
          "\xD9\xA1"}) {
        EXPECT_EQ(parse_python_int(text), std::nullopt) << text;
    }
}

TEST(PythonText, ReadsFloatsAsFloatDoes) {
    EXPECT_EQ(parse_python_float("1.5"), 1.5);
    EXPECT_EQ(parse_python_float(" -.5e1 "), -5.0);
    EXPECT_EQ(parse_python_float("3."), 3.0);
    EXPECT_EQ(parse_python_float("1_0.2_5"), 10.25);
    EXPECT_EQ(parse_python_float("-Infinity"), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse_python_float("1e999"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse_python_float("1e-999"), 0.0);
    EXPECT_TRUE(std::isnan(parse_python_float("NaN").value()));
    for (const char* text : {"", ".", "e5", "1e", "0x1p3", "1,5", "nan(1)", "1 2", "--1"}) {
        EXPECT_EQ(parse_python_float(text), std::nullopt) << text;
    }
}

TEST(PythonText, StripsUnicodeSpaceInFront) {
    EXPECT_EQ(
        strip_leading_space(" \n\t\xE3\x80\x80\xC2\xA0"
                            "a "),
        "a ");
    EXPECT_EQ(strip_leading_space("  "), "");
}

}  // namespace
}  // namespace darkroom::api
