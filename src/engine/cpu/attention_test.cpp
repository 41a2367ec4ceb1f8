// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/test_support.h"

namespace darkroom::engine {
namespace {

class CpuAttention : public CpuAgainstReference {
  protected:
    struct Case {
        std::int64_t heads = 1;
        std::int64_t size = 8;
        std::int64_t queries = 1;
        std::int64_t keys = 1;
        bool causal = false;
    };

    void expect_attention(const Case& c) {
        SCOPED_TRACE(
            testing::Message() << c.heads << "x" << c.size << " " << c.queries << " to " << c.keys);
        expect_same([&](Backend& backend) {
            const std::int64_t channels = c.heads * c.size;
            return backend.attention(
                tensor(backend, {2, c.queries, channels}, 1),
                tensor(backend, {2, c.keys, channels}, 2),
                tensor(backend, {2, c.keys, channels}, 3),
                {.heads = c.heads, .causal = c.causal});
        });
    }
};

TEST_P(CpuAttention, TakesEveryHeadSize) {
    for (const std::int64_t size : {5, 8, 16, 24, 40, 64, 80, 160, 512}) {
        expect_attention({.heads = 2, .size = size, .queries = 53, .keys = 131});
    }
}

TEST_P(CpuAttention, TakesOddNumbersOfQueriesAndKeys) {
    const std::int64_t extents[][2] = {
        {1, 1}, {1, 77}, {7, 2}, {48, 128}, {49, 129}, {101, 17}, {5, 257}, {97, 154}};
    for (const auto& [queries, keys] : extents) {
        expect_attention({.heads = 3, .size = 40, .queries = queries, .keys = keys});
    }
}

TEST_P(CpuAttention, CausalRowsSeeOnlyTheirPast) {
    for (const std::int64_t tokens : {1, 16, 77, 130, 259}) {
        expect_attention(
            {.heads = 2, .size = 64, .queries = tokens, .keys = tokens, .causal = true});
    }
}

TEST_P(CpuAttention, LargeScoresDoNotOverflow) {
    // Scores up to a few hundred; their last digit is worth 2e-5 after the exponential.
    expect_same(
        [&](Backend& backend) {
            return backend.attention(
                tensor(backend, {1, 20, 64}, 1, {.scale = 16.0f}),
                tensor(backend, {1, 300, 64}, 2, {.scale = 16.0f}),
                tensor(backend, {1, 300, 64}, 3),
                {.heads = 1});
        },
        30.0f);
}

INSTANTIATE_TEST_SUITE_P(Cpu, CpuAttention, testing::ValuesIn(every_cpu()), cpu_name);

}  // namespace
}  // namespace darkroom::engine
