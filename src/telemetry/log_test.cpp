// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/log_failure.h"
#include "telemetry/log_line.h"

namespace darkroom::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// 2026-01-31T08:00:00.250Z
constexpr std::int64_t kTime = 1'769'846'400'250;

std::string text_of(std::string_view value) {
    const std::string prefix = "2026-01-31T08:00:00.250Z info m v=";
    const std::string line = format_text(
        Line{.time_ms = kTime, .level = Level::info, .message = "m", .fields = {{"v", value}}});
    EXPECT_EQ(line.substr(0, prefix.size()), prefix);
    return line.substr(prefix.size());
}

class LogOutput : public testing::Test {
  protected:
    ~LogOutput() override { configure(Options{}); }
};

TEST(LogLine, TextHasTimeLevelMessageAndFields) {
    const std::string line = format_text(Line{
        .time_ms = kTime,
        .level = Level::warning,
        .message = "task finished",
        .fields = {{"task", "ab12"}, {"steps", 20}, {"seconds", 1.5}, {"ok", true}}});
    EXPECT_EQ(
        line,
        "2026-01-31T08:00:00.250Z warning task finished task=ab12 steps=20 seconds=1.5 ok=true");
}

TEST_F(LogOutput, WhatWasCancelledIsNoFailure) {
    testing::internal::CaptureStderr();
    failure(Level::error, "it went wrong", Error{ErrorCode::cancelled, "cancelled"});
    failure(Level::error, "it went wrong", Error{ErrorCode::unavailable, "the disk is gone"});
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(text.find("cancelled"), std::string::npos);
    EXPECT_NE(text.find("it went wrong reason=\"the disk is gone\""), std::string::npos) << text;
}

TEST(LogLine, JsonKeepsTypes) {
    const std::string line = format_json(Line{
        .time_ms = kTime,
        .level = Level::error,
        .message = "m",
        .fields = {{"s", "a \"b\""}, {"n", -3}, {"b", false}, {"x", std::nan("")}}});
    EXPECT_EQ(
        line,
        R"({"time":"2026-01-31T08:00:00.250Z","level":"error","message":"m",)"
        R"("s":"a \"b\"","n":-3,"b":false,"x":null})");
}

TEST(LogLine, ValuesCannotForgeALineOrMoveTheTerminal) {
    EXPECT_EQ(text_of("plain-value/1"), "plain-value/1");
    EXPECT_EQ(text_of(""), "\"\"");
    EXPECT_EQ(text_of("two words"), "\"two words\"");
    EXPECT_EQ(text_of("a=b"), "\"a=b\"");
    EXPECT_EQ(text_of("x\r\nerror forged"), "\"x\\r\\nerror forged\"");
    EXPECT_EQ(text_of("\x1b[2J"), "\"\\u001b[2J\"");
    EXPECT_EQ(
        text_of("\xc2\x9b"
                "2J"),
        "\"\\u009b2J\"");
    EXPECT_EQ(
        text_of("\xe2\x80\xae"
                "gpj"),
        "\"\\u202egpj\"");
    EXPECT_EQ(text_of("\xff"), "\"\xef\xbf\xbd\"");
    EXPECT_EQ(text_of("\xe7\x8c\xab"), "\xe7\x8c\xab");
}

TEST(LogLine, LongTextIsCut) {
    const std::string shown = text_of(std::string(1'000'000, 'a'));
    EXPECT_LT(shown.size(), 5000U);
    EXPECT_THAT(shown, HasSubstr("(1000000 bytes)"));
}

TEST(LogLevel, ParsesItsOwnSpelling) {
    EXPECT_EQ(level_from("debug").value(), Level::debug);
    EXPECT_EQ(format_from("json").value(), Format::json);
    EXPECT_EQ(level_from("loud").error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(format_from("xml").error().code, ErrorCode::invalid_argument);
}

TEST_F(LogOutput, LinesBelowTheLevelAreNotWritten) {
    configure(Options{.level = Level::warning});
    testing::internal::CaptureStderr();
    info("quiet");
    warning("heard", {{"n", 1}});
    const std::string output = testing::internal::GetCapturedStderr();
    EXPECT_THAT(output, Not(HasSubstr("quiet")));
    EXPECT_THAT(output, EndsWith("warning heard n=1\n"));
    EXPECT_FALSE(enabled(Level::info));
    EXPECT_TRUE(enabled(Level::error));
}

TEST_F(LogOutput, ThreadsDoNotInterleaveLines) {
    configure(Options{.level = Level::info, .format = Format::json});
    testing::internal::CaptureStderr();
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([t] {
                for (int i = 0; i < 50; ++i) {
                    info("line", {{"thread", t}, {"text", std::string(200, 'x')}});
                }
            });
        }
    }
    const std::string output = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(output, '\n'), 200);
    std::size_t begin = 0;
    while (begin < output.size()) {
        const std::size_t end = output.find('\n', begin);
        const std::string line = output.substr(begin, end - begin);
        EXPECT_EQ(line.front(), '{');
        EXPECT_THAT(line, EndsWith("xx\"}"));
        begin = end + 1;
    }
}

}  // namespace
}  // namespace darkroom::log
