// SPDX-License-Identifier: Apache-2.0
#include "golden/expectation.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/file.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/weights/synthetic_source.h"

namespace darkroom::testing {
namespace {

constexpr std::size_t kMaxGolden = 1 << 20;

struct Moments {
    double mean = 0;
    double deviation = 0;
};

Moments moments_of(const std::vector<float>& values) {
    double sum = 0;
    for (const float value : values)
        sum += static_cast<double>(value);
    const double mean = sum / static_cast<double>(values.size());
    double squares = 0;
    for (const float value : values) {
        const double difference = static_cast<double>(value) - mean;
        squares += difference * difference;
    }
    return {mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

}  // namespace

json::Value golden(const std::string& name) {
    const auto text = read_file(DARKROOM_SOURCE_DIR "/tests/golden/" + name + ".json", kMaxGolden);
    EXPECT_TRUE(text) << text.error().message;
    return json::parse(text.value()).value();
}

void expect_statistics(
    const std::vector<float>& values, const json::Value& block, double tolerance) {
    std::int64_t count = 1;
    for (const json::Value& extent : block["shape"].as_array())
        count *= extent.as_integer();
    ASSERT_EQ(static_cast<std::int64_t>(values.size()), count);
    const double deviation = block["std"].as_double();
    const double allowed = tolerance * deviation;
    const Moments found = moments_of(values);
    EXPECT_NEAR(found.mean, block["mean"].as_double(), allowed);
    EXPECT_NEAR(found.deviation, deviation, allowed);
    EXPECT_NEAR(
        static_cast<double>(*std::ranges::min_element(values)), block["min"].as_double(), allowed);
    EXPECT_NEAR(
        static_cast<double>(*std::ranges::max_element(values)), block["max"].as_double(), allowed);
    const json::Array& samples = block["samples"].as_array();
    for (std::size_t j = 0; j < samples.size(); ++j) {
        const std::size_t index = j * (values.size() - 1) / (samples.size() - 1);
        EXPECT_NEAR(static_cast<double>(values[index]), samples[j].as_double(), allowed)
            << "sample " << j;
    }
}

engine::Tensor input_nhwc(
    engine::Backend& backend, const std::string& name, const engine::Shape& nchw) {
    const auto values = engine::synthetic_stream("input:" + name, nchw.numel());
    return engine::ops::nchw_to_nhwc(backend.upload(values, nchw));
}

std::vector<float> nchw_values(const engine::Tensor& nhwc) {
    const engine::Tensor f32 = engine::ops::cast(nhwc, engine::DType::f32);
    return nhwc.backend().download(engine::ops::nhwc_to_nchw(f32));
}

void expect_close(
    const std::vector<float>& values,
    const std::vector<float>& f32,
    const Closeness& bound,
    const std::string& what) {
    ASSERT_EQ(values.size(), f32.size());
    double dot = 0;
    double own = 0;
    double other = 0;
    double squares = 0;
    double largest = 0;
    for (std::size_t i = 0; i < f32.size(); ++i) {
        const auto a = static_cast<double>(values[i]);
        const auto b = static_cast<double>(f32[i]);
        dot += a * b;
        own += a * a;
        other += b * b;
        squares += (a - b) * (a - b);
        largest = std::max(largest, std::abs(a - b));
    }
    const double deviation = moments_of(f32).deviation;
    const Closeness found{
        .cosine = dot / std::sqrt(own * other),
        .root_mean_square = std::sqrt(squares / static_cast<double>(f32.size())) / deviation,
        .largest = largest / deviation};
    const auto record = [&what](const char* name, double value) {
        ::testing::Test::RecordProperty(what + " " + name, std::to_string(value));
    };
    record("cosine", found.cosine);
    record("root mean square", found.root_mean_square);
    record("largest", found.largest);
    EXPECT_GE(found.cosine, bound.cosine) << what;
    EXPECT_LE(found.root_mean_square, bound.root_mean_square) << what;
    EXPECT_LE(found.largest, bound.largest) << what;
}

}  // namespace darkroom::testing
