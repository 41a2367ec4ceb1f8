// SPDX-License-Identifier: Apache-2.0
#include "api/usage_body.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

domain::Usage row(std::string model) {
    domain::Usage usage;
    usage.tenant = "studio";
    usage.model = std::move(model);
    usage.day = 20'778;
    usage.requests = 3;
    usage.pictures = 4;
    usage.step_pixels = 2'000;
    usage.busy_ms = 6'500;
    usage.bytes = 1'000;
    return usage;
}

TEST(UsageBody, DaysAreReadAndWritten) {
    EXPECT_EQ(parse_day("1970-01-01").value(), 0);
    EXPECT_EQ(parse_day("2026-11-21").value(), 20'778);
    for (const char* text : {"1970-01-01", "2024-02-29", "2026-11-21", "9999-12-31"}) {
        EXPECT_EQ(day_text(parse_day(text).value()), text);
    }
}

TEST(UsageBody, WhatIsNoDayIsRefused) {
    for (const char* text :
         {"",
          "2026-11-2",
          "2026-11-211",
          "2026/11/21",
          "2026-02-29",
          "2026-13-01",
          "2026-00-01",
          "1969-12-31",
          "+026-11-21",
          "2026-1a-01",
          "2026-11- 1"}) {
        EXPECT_FALSE(parse_day(text)) << text;
    }
}

TEST(UsageBody, JsonNamesTheUnits) {
    const std::vector<domain::Usage> rows{row("icons")};
    EXPECT_EQ(
        json::dump(usage_body(rows)),
        R"({"usage":[{"tenant":"studio","day":"2026-11-21","model":"icons","requests":3,)"
        R"("pictures":4,"stepPixels":2000,"busySeconds":6.5,"bytes":1000}]})");
}

TEST(UsageBody, CsvQuotesWhatNeedsIt) {
    const std::vector<domain::Usage> rows{row("icons"), row("a \"b\", c")};
    EXPECT_EQ(
        usage_csv(rows),
        "tenant,day,model,requests,pictures,step_pixels,busy_seconds,bytes\r\n"
        "studio,2026-11-21,icons,3,4,2000,6.500,1000\r\n"
        "studio,2026-11-21,\"a \"\"b\"\", c\",3,4,2000,6.500,1000\r\n");
}

}  // namespace
}  // namespace darkroom::api
