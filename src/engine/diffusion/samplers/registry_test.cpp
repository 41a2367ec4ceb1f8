// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/registry.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/diffusion/schedules.h"

namespace darkroom::engine {
namespace {

TEST(SamplerRegistry, FindsExactNamesOnly) {
    ASSERT_NE(find_sampler("DPM++ 2M"), nullptr);
    EXPECT_EQ(find_sampler("DPM++ 2M")->default_schedule, "karras");
    EXPECT_EQ(find_sampler("dpm++ 2m"), nullptr);
    EXPECT_EQ(find_sampler("k_dpmpp_2m"), nullptr);
    EXPECT_EQ(find_sampler("DPM++ 2M Karras"), nullptr);
    EXPECT_EQ(find_sampler(""), nullptr);
}

TEST(SamplerRegistry, NamesAndAliasesAreUnique) {
    std::set<std::string_view> seen;
    for (const SamplerSpec& sampler : samplers()) {
        EXPECT_TRUE(seen.insert(sampler.name).second) << sampler.name;
        EXPECT_FALSE(sampler.aliases.empty()) << sampler.name;
        for (const std::string_view alias : sampler.aliases) {
            EXPECT_TRUE(seen.insert(alias).second) << alias;
        }
    }
}

TEST(SamplerRegistry, DefaultSchedulesExist) {
    for (const SamplerSpec& sampler : samplers()) {
        const auto schedule = resolve_schedule("automatic", sampler.default_schedule);
        EXPECT_NE(find_schedule(schedule), nullptr) << sampler.name;
    }
}

}  // namespace
}  // namespace darkroom::engine
