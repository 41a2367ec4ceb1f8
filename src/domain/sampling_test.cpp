// SPDX-License-Identifier: Apache-2.0
#include "domain/sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

using ::testing::HasSubstr;

SamplingCatalog catalog() {
    return SamplingCatalog{
        .samplers =
            {{.name = "DPM++ 2M", .aliases = {"k_dpmpp_2m"}, .default_schedule = "Karras"},
             {.name = "DPM++ 2M SDE",
              .aliases = {"k_dpmpp_2m_sde"},
              .default_schedule = "Exponential"},
             {.name = "Euler a", .aliases = {"k_euler_a", "k_euler_ancestral"}},
             {.name = "Euler", .aliases = {"k_euler"}},
             {.name = "DDIM", .aliases = {"ddim"}}},
        .schedules = {
            {.name = "automatic", .label = "Automatic"},
            {.name = "uniform", .label = "Uniform", .need_inner_model = true},
            {.name = "karras", .label = "Karras", .default_rho = 7.0},
            {.name = "exponential", .label = "Exponential"},
            {.name = "sgm_uniform", .label = "SGM Uniform", .aliases = {"SGMUniform"}},
            {.name = "simple", .label = "Simple"},
            {.name = "ddim", .label = "DDIM"}}};
}

struct Case {
    std::optional<std::string> sampler;
    std::optional<std::string> scheduler;
    std::string expected_sampler;
    std::string expected_schedule;
};

TEST(ResolveSampling, NamesAliasesAndSuffixesResolve) {
    const Case cases[] = {
        {"DPM++ 2M", {}, "DPM++ 2M", "Automatic"},
        {"DPM++ 2M Karras", {}, "DPM++ 2M", "Automatic"},
        {"DPM++ 2M SDE Karras", {}, "DPM++ 2M SDE", "Karras"},
        {"DPM++ 2M SDE Exponential", {}, "DPM++ 2M SDE", "Automatic"},
        {"Euler a Karras", {}, "Euler a", "Karras"},
        {"k_euler_a", {}, "Euler a", "Automatic"},
        {"K_EULER_ANCESTRAL", {}, "Euler a", "Automatic"},
        {"k_euler karras", {}, "Euler", "Karras"},
        {"euler a", {}, "Euler a", "Automatic"},
        {"euler a simple", {}, "Euler a", "Simple"},
        {"Euler SGMUniform", {}, "Euler", "SGM Uniform"},
        {"Euler SGM Uniform", {}, "Euler", "SGM Uniform"},
        {"Euler sgm_uniform", {}, "Euler", "SGM Uniform"},
        {"Euler Automatic", {}, "Euler", "Automatic"},
        {"DDIM", {}, "DDIM", "Automatic"},
        {"DDIM DDIM", {}, "DDIM", "DDIM"},
        {"Euler", "Karras", "Euler", "Karras"},
        {"Euler", "karras", "Euler", "Karras"},
        {"Euler", "SGMUNIFORM", "Euler", "SGM Uniform"},
        {"Euler", "", "Euler", "Automatic"},
        {"DPM++ 2M", "Karras", "DPM++ 2M", "Automatic"},
        {"DPM++ 2M", "Simple", "DPM++ 2M", "Simple"},
        {"Euler Karras", "Exponential", "Euler", "Exponential"},
        {"Euler Karras", "Automatic", "Euler", "Automatic"},
        {{}, {}, "Euler", "Automatic"},
        {"", "Karras", "Euler", "Karras"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.sampler.value_or("(none)") + " / " + c.scheduler.value_or("(none)"));
        const auto choice = resolve_sampling(catalog(), c.sampler, c.scheduler);
        ASSERT_TRUE(choice);
        EXPECT_EQ(choice->sampler, c.expected_sampler);
        EXPECT_EQ(choice->schedule, c.expected_schedule);
    }
}

TEST(ResolveSampling, AnUnknownSamplerIsRefusedWithTheValidNames) {
    for (const char* name :
         {"nonsense", "Karras", " Karras", "Euler  Karras", "EulerKarras", "Euler Nonsense", " "}) {
        const auto choice = resolve_sampling(catalog(), name, {});
        ASSERT_FALSE(choice) << name;
        EXPECT_EQ(choice.error().code, ErrorCode::invalid_argument);
        EXPECT_EQ(choice.error().field, "sampler_name");
        EXPECT_THAT(
            choice.error().message, HasSubstr("DPM++ 2M, DPM++ 2M SDE, Euler a, Euler, DDIM"));
    }
}

TEST(ResolveSampling, AnUnknownSchedulerIsRefusedWithTheValidLabels) {
    const auto choice = resolve_sampling(catalog(), "Euler", "nonsense");
    ASSERT_FALSE(choice);
    EXPECT_EQ(choice.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(choice.error().field, "scheduler");
    EXPECT_THAT(choice.error().message, HasSubstr("Automatic, Uniform, Karras"));
}

TEST(ResolveSampling, ALongOrBrokenNameIsNotEchoedWhole) {
    const auto choice = resolve_sampling(catalog(), std::string(100'000, '\xff'), {});
    ASSERT_FALSE(choice);
    EXPECT_LT(choice.error().message.size(), 500U);
}

TEST(ResolveSampling, WithoutEulerTheFirstSamplerIsTheDefault) {
    SamplingCatalog small = catalog();
    small.samplers.resize(2);
    const auto choice = resolve_sampling(small, {}, {});
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->sampler, "DPM++ 2M");
}

}  // namespace
}  // namespace darkroom::domain
