// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/attention.h"

#include "base/format.h"
#include "conformance/twins.h"

namespace darkroom::engine::conformance {
namespace {

struct AttentionCase {
    std::int64_t samples = 1;
    std::int64_t queries = 1;
    std::int64_t keys = 1;
    std::int64_t heads = 1;
    std::int64_t head_size = 64;
    bool causal = false;
    float deviation = 1.0f;
    Arithmetic arithmetic = Arithmetic::rounded_sum;
};

class AttentionConformance : public Conformance {
  protected:
    void check(const AttentionCase& attention, std::uint64_t seed) {
        SCOPED_TRACE(format(
            "seed {}: {} samples, {} queries, {} keys, {} heads of {}, causal {}, deviation {}",
            seed,
            attention.samples,
            attention.queries,
            attention.keys,
            attention.heads,
            attention.head_size,
            attention.causal,
            attention.deviation));
        RandomNumbers numbers(seed);
        const std::int64_t channels = attention.heads * attention.head_size;
        const Distribution scores{.deviation = attention.deviation};
        const Twin q = twin(numbers, {attention.samples, attention.queries, channels}, scores);
        const Twin k = twin(numbers, {attention.samples, attention.keys, channels}, scores);
        const Twin v = twin(numbers, {attention.samples, attention.keys, channels});
        const AttentionOptions options{.heads = attention.heads, .causal = attention.causal};
        expect_close(
            {.tested = ops::attention(q.tested, k.tested, v.tested, options),
             .reference = ops::attention(q.reference, k.reference, v.reference, options)},
            attention.arithmetic);
    }
};

TEST_P(AttentionConformance, EveryHeadSizeOverOddLengths) {
    std::uint64_t seed = 0;
    for (const std::int64_t head_size : {8, 16, 24, 40, 64, 80, 160, 512}) {
        for (const std::int64_t queries : {1, 33, 77}) {
            for (const std::int64_t keys : {1, 33, 77, 154}) {
                check(
                    {.samples = 2,
                     .queries = queries,
                     .keys = keys,
                     .heads = head_size == 512 ? 1 : 2,
                     .head_size = head_size},
                    ++seed);
            }
        }
    }
}

TEST_P(AttentionConformance, CausalRowsSeeOnlyWhatCameBefore) {
    std::uint64_t seed = 1000;
    for (const std::int64_t head_size : {8, 24, 64, 160}) {
        for (const std::int64_t rows : {1, 2, 33, 64, 77, 130}) {
            check(
                {.samples = 2,
                 .queries = rows,
                 .keys = rows,
                 .heads = 3,
                 .head_size = head_size,
                 .causal = true},
                ++seed);
        }
    }
}

TEST_P(AttentionConformance, CausalRowsOverFewerOrMoreKeys) {
    const AttentionCase attention{.samples = 2, .heads = 2, .head_size = 40, .causal = true};
    std::uint64_t seed = 1500;
    for (const std::int64_t queries : {1, 33, 77, 150}) {
        for (const std::int64_t keys : {1, 33, 77, 150}) {
            AttentionCase unequal = attention;
            unequal.queries = queries;
            unequal.keys = keys;
            check(unequal, ++seed);
        }
    }
}

TEST_P(AttentionConformance, LongSelfAttention) {
    check({.queries = 1024, .keys = 1024, .heads = 2, .head_size = 40}, 2000);
    check({.queries = 255, .keys = 257, .heads = 8, .head_size = 80}, 2001);
    check({.queries = 1000, .keys = 77, .heads = 8, .head_size = 40}, 2002);
    check({.queries = 65, .keys = 320, .heads = 1, .head_size = 512}, 2003);
}

TEST_P(AttentionConformance, ScoresThatPickOneKey) {
    std::uint64_t seed = 3000;
    for (const std::int64_t head_size : {8, 40, 64, 512}) {
        check(
            {.samples = 2,
             .queries = 33,
             .keys = 77,
             .heads = 2,
             .head_size = head_size,
             .deviation = 4.0f,
             .arithmetic = Arithmetic::amplified},
            ++seed);
    }
}

TEST_P(AttentionConformance, RandomShapes) {
    for (std::uint64_t seed = 4000; seed < 4040; ++seed) {
        RandomNumbers numbers(seed);
        AttentionCase attention;
        attention.samples = 1 + numbers.below(3);
        attention.queries = 1 + numbers.below(150);
        attention.keys = 1 + numbers.below(150);
        attention.heads = 1 + numbers.below(8);
        attention.head_size = numbers.one_of<std::int64_t>({8, 16, 24, 32, 40, 64, 80, 96, 160});
        attention.causal = numbers.below(4) == 0;
        check(attention, seed);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, AttentionConformance, ::testing::ValuesIn(production_backends()), name_of);

}  // namespace
}  // namespace darkroom::engine::conformance
