// SPDX-License-Identifier: Apache-2.0
#include "base/trace_context.h"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kSpan = "00f067aa0ba902b7";

TEST(TraceContext, WhatItReadsItWrites) {
    struct Row {
        const char* header;
        const char* text;
    };
    const Row rows[] = {
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"},
        // Of the flags only the sampled one goes on.
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"},
        // Higher versions, with more behind it or not.
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-",
         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"},
        {"00-00000000000000000000000000000001-0000000000000001-01",
         "00-00000000000000000000000000000001-0000000000000001-01"}};
    for (const Row& row : rows) {
        const Result<TraceContext> context = TraceContext::parse(row.header);
        ASSERT_TRUE(context) << row.header;
        EXPECT_EQ(context->text(), row.text);
    }
}

TEST(TraceContext, HasItsParts) {
    const TraceContext context =
        TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
    EXPECT_EQ(context.trace_id(), kTrace);
    EXPECT_EQ(context.span_id(), kSpan);
    EXPECT_TRUE(context.is_sampled());
}

TEST(TraceContext, RefusesWhatTheRecommendationRefuses) {
    for (const char* header :
         {"",
          "00",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1g",
          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-001",
          "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
          // Version 00 has four fields, and ff is no version.
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
          "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
        const Result<TraceContext> context = TraceContext::parse(header);
        ASSERT_FALSE(context) << header;
        EXPECT_EQ(context.error().code, ErrorCode::invalid_argument);
    }
}

TEST(TraceContext, EachBeginsATraceOfItsOwn) {
    const TraceContext first = TraceContext::begin();
    const TraceContext second = TraceContext::begin();
    EXPECT_NE(first.trace_id(), second.trace_id());
    EXPECT_NE(first.span_id(), second.span_id());
    EXPECT_FALSE(first.is_sampled());
    EXPECT_EQ(TraceContext::parse(first.text()).value(), first);
}

TEST(TraceContext, ANextSpanStaysInItsTrace) {
    const TraceContext first =
        TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
    const TraceContext next = first.next_span();
    EXPECT_EQ(next.trace_id(), kTrace);
    EXPECT_NE(next.span_id(), kSpan);
    EXPECT_TRUE(next.is_sampled());
}

TEST(TraceContext, NoTraceIsAnEmptyText) {
    EXPECT_EQ(trace_id_of(std::nullopt), "");
    EXPECT_EQ(traceparent_of(std::nullopt), "");
    EXPECT_EQ(parse_optional_trace("").value(), std::nullopt);
    const std::optional<TraceContext> trace = TraceContext::begin();
    EXPECT_EQ(trace_id_of(trace), trace->trace_id());
    EXPECT_EQ(parse_optional_trace(traceparent_of(trace)).value(), trace);
    EXPECT_FALSE(parse_optional_trace("00"));
}

}  // namespace
}  // namespace darkroom
