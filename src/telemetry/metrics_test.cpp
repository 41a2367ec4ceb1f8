// SPDX-License-Identifier: Apache-2.0
#include "telemetry/metrics.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::telemetry {
namespace {

using testing::HasSubstr;

TEST(Metrics, TextShowsHelpTypeLabelsAndValue) {
    Metrics metrics;
    metrics.counter("darkroom_http_requests_total", "Answered", {{"status", "200"}}).increment(3);
    metrics.gauge("darkroom_tasks_queued", "Waiting").set(7);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("# HELP darkroom_http_requests_total Answered\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE darkroom_http_requests_total counter\n"));
    EXPECT_THAT(text, HasSubstr("darkroom_http_requests_total{status=\"200\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("darkroom_tasks_queued 7\n"));
}

TEST(Metrics, LabelValuesAreEscaped) {
    Metrics metrics;
    metrics.counter("darkroom_x_total", "x", {{"name", "a\"b\nc\\"}}).increment();
    EXPECT_THAT(metrics.text(), HasSubstr(R"(darkroom_x_total{name="a\"b\nc\\"} 1)"));
}

TEST(Metrics, HistogramCountsCumulatively) {
    Metrics metrics;
    const Histogram seconds = metrics.histogram("darkroom_t_seconds", "t", {}, {1.0, 2.0});
    seconds.observe(0.5);
    seconds.observe(1.5);
    seconds.observe(9);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("darkroom_t_seconds_bucket{le=\"1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("darkroom_t_seconds_bucket{le=\"2\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("darkroom_t_seconds_bucket{le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("darkroom_t_seconds_sum 11\n"));
}

TEST(Metrics, SameNameAndLabelsIsTheSameSeries) {
    Metrics metrics;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&metrics] {
                for (int i = 0; i < 100; ++i)
                    metrics.counter("darkroom_n_total", "n").increment();
            });
        }
    }
    EXPECT_EQ(metrics.counter("darkroom_n_total", "n").value(), 400);
}

TEST(Metrics, BadNamesAndMixedKindsAreBrokenInvariants) {
    Metrics metrics;
    EXPECT_THROW(metrics.counter("no spaces", "n"), ContractViolation);
    EXPECT_THROW(metrics.counter("darkroom_n_total", "n", {{"0bad", "v"}}), ContractViolation);
    metrics.counter("darkroom_n_total", "n");
    EXPECT_THROW(metrics.gauge("darkroom_n_total", "n"), ContractViolation);
}

}  // namespace
}  // namespace darkroom::telemetry
