// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/instruction_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cpu/backend.h"

namespace darkroom::engine {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(InstructionSet, EveryAvailableOneIsReadBack) {
    for (const InstructionSet set : available_instruction_sets()) {
        EXPECT_EQ(parse_instruction_set(to_string(set)).value(), set);
    }
    EXPECT_EQ(available_instruction_sets().front(), InstructionSet::portable);
    EXPECT_EQ(available_instruction_sets().back(), detect_instruction_set());
}

TEST(InstructionSet, AnUnknownWordIsRefusedWithTheValidOnes) {
    for (const char* word : {"", "AVX2", "sse2", "avx512 "}) {
        const auto result = parse_instruction_set(word);
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
        EXPECT_THAT(result.error().message, HasSubstr("portable"));
    }
}

TEST(CpuBackend, ComputesInBf16WhereTheCpuMultipliesIt) {
    const auto backend = CpuBackend::make({}).value();
    EXPECT_EQ(backend->compute_dtype(), has_bf16_products() ? DType::bf16 : DType::f32);
    EXPECT_EQ(backend->instruction_set(), detect_instruction_set());
    EXPECT_EQ(backend->note(), "");
    EXPECT_GT(backend->threads(), 0);
}

TEST(CpuBackend, SaysWhenBf16IsAskedForInVain) {
    const auto backend =
        CpuBackend::make({.instruction_set = InstructionSet::portable, .dtype = DType::bf16})
            .value();
    EXPECT_EQ(backend->compute_dtype(), DType::f32);
    EXPECT_THAT(backend->note(), HasSubstr("f32"));
    EXPECT_THAT(backend->fingerprint(), StartsWith("cpu/portable/f32/"));
}

TEST(CpuBackend, RefusesOtherDtypesAndNegativeThreads) {
    EXPECT_EQ(CpuBackend::make({.dtype = DType::f16}).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(CpuBackend::make({.threads = -1}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace darkroom::engine
