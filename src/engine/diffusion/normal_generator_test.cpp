// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/normal_generator.h"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/diffusion/golden_file.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kLatent = 4 * 64 * 64;

std::vector<float> draw(NormalGenerator& generator, std::size_t count) {
    std::vector<float> values(count);
    generator.draw(values);
    return values;
}

void expect_begins(const std::vector<float>& values, const std::vector<double>& expected) {
    ASSERT_GE(values.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(values[i]), expected[i], 2e-6) << "index " << i;
    }
}

TEST(TorchCpuGenerator, EqualsTorchBelowAndAboveSixteenNumbers) {
    const json::Value golden = read_golden("schedules.json");
    for (const int seed : {0, 42}) {
        const std::string prefix = "torch_cpu_randn_seed" + std::to_string(seed);
        for (const std::size_t count : {std::size_t{5}, std::size_t{17}}) {
            SCOPED_TRACE(prefix + ", " + std::to_string(count));
            TorchCpuGenerator generator(static_cast<std::uint64_t>(seed));
            const std::vector<float> values = draw(generator, count);
            const auto expected = numbers(golden[prefix + "_" + std::to_string(count)]);
            ASSERT_EQ(expected.size(), count);
            expect_begins(values, expected);
        }
    }
}

TEST(TorchCpuGenerator, EqualsTorchForAWholeLatent) {
    const json::Value golden = read_golden("schedules.json");
    for (const int seed : {0, 42}) {
        const json::Value& expected =
            golden["torch_cpu_randn_seed" + std::to_string(seed) + "_4x64x64"];
        TorchCpuGenerator generator(static_cast<std::uint64_t>(seed));
        const std::vector<float> values = draw(generator, kLatent);
        expect_begins(values, numbers(expected["first8"]));
        EXPECT_NEAR(static_cast<double>(values.back()), expected["last"].as_double(), 2e-6);
        const double sum = std::accumulate(values.begin(), values.end(), 0.0);
        EXPECT_NEAR(sum / kLatent, expected["mean"].as_double(), 1e-7);
    }
}

TEST(TorchCpuGenerator, UsesTheLow32BitsOfTheSeed) {
    TorchCpuGenerator low(7);
    TorchCpuGenerator high((std::uint64_t{5} << 32) + 7);
    EXPECT_EQ(draw(low, 20), draw(high, 20));
}

TEST(TorchCpuGenerator, KeepsTheSecondOfAPairForTheNextSmallDraw) {
    TorchCpuGenerator whole(3);
    TorchCpuGenerator pieces(3);
    std::vector<float> joined = draw(pieces, 1);
    const std::vector<float> rest = draw(pieces, 3);
    joined.insert(joined.end(), rest.begin(), rest.end());
    EXPECT_EQ(draw(whole, 4), joined);
}

TEST(PhiloxGenerator, EqualsTheGoldenDraws) {
    const json::Value golden = read_golden("schedules.json");
    PhiloxGenerator generator(0);
    expect_begins(draw(generator, 12), numbers(golden["philox_seed0_3x4"]));
    expect_begins(draw(generator, 4), numbers(golden["philox_seed0_second_call_4"]));
}

TEST(PhiloxGenerator, UsesAll64BitsOfTheSeed) {
    const json::Value golden = read_golden("schedules.json");
    PhiloxGenerator generator(1234567890123);
    expect_begins(
        draw(generator, kLatent), numbers(golden["philox_seed1234567890123_4x64x64_first8"]));
}

TEST(RandnSource, IsSpelledAsTheOption) {
    for (const RandnSource source : {RandnSource::gpu, RandnSource::cpu, RandnSource::nv}) {
        EXPECT_EQ(randn_source_from(to_string(source)), source);
    }
    EXPECT_EQ(randn_source_from("cpu"), std::nullopt);
}

TEST(RandnSource, GpuIsComputedAsNv) {
    const auto gpu = make_generator(RandnSource::gpu, 9);
    const auto nv = make_generator(RandnSource::nv, 9);
    const auto cpu = make_generator(RandnSource::cpu, 9);
    const std::vector<float> values = draw(*gpu, 64);
    EXPECT_EQ(values, draw(*nv, 64));
    EXPECT_NE(values, draw(*cpu, 64));
}

}  // namespace
}  // namespace darkroom::engine
