// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/dtype.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace darkroom::engine {
namespace {

TEST(Bf16, RoundsToNearestEven) {
    EXPECT_EQ(to_f32(to_bf16(1.0f)), 1.0f);
    EXPECT_EQ(to_f32(to_bf16(1.00390625f)), 1.0f);       // halfway, even below
    EXPECT_EQ(to_f32(to_bf16(1.01171875f)), 1.015625f);  // halfway, even above
    EXPECT_TRUE(std::isnan(to_f32(to_bf16(std::numeric_limits<float>::quiet_NaN()))));
    EXPECT_TRUE(std::isinf(to_f32(to_bf16(std::numeric_limits<float>::max()))));
}

TEST(F16, EveryValueSurvivesTheRoundTrip) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float value = f16_to_f32(half);
        if (std::isnan(value)) continue;
        EXPECT_EQ(f32_to_f16(value), half) << bits;
    }
}

TEST(F16, RoundsAndOverflowsAsIeee) {
    EXPECT_EQ(f16_to_f32(f32_to_f16(65519.0f)), 65504.0f);
    EXPECT_TRUE(std::isinf(f16_to_f32(f32_to_f16(65520.0f))));
    EXPECT_EQ(f32_to_f16(std::ldexp(1.0f, -26)), 0);
    EXPECT_EQ(f16_to_f32(0x0001), std::ldexp(1.0f, -24));
}

TEST(F8, MatchesTheOcpTables) {
    EXPECT_EQ(f8_e4m3_to_f32(0x7E), 448.0f);
    EXPECT_EQ(f8_e4m3_to_f32(0x01), std::ldexp(1.0f, -9));
    EXPECT_TRUE(std::isnan(f8_e4m3_to_f32(0x7F)));
    EXPECT_EQ(f8_e4m3_to_f32(0xB8), -1.0f);
    EXPECT_EQ(f8_e5m2_to_f32(0x7B), 57344.0f);
    EXPECT_TRUE(std::isinf(f8_e5m2_to_f32(0x7C)));
    EXPECT_EQ(f8_e5m2_to_f32(0x3C), 1.0f);
}

}  // namespace
}  // namespace darkroom::engine
