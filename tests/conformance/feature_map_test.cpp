// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/feature_map.h"

#include "base/format.h"
#include "conformance/twins.h"

namespace darkroom::engine::conformance {
namespace {

constexpr std::int64_t kChannels[] = {1, 3, 4, 8, 24, 40, 320};

class FeatureMapConformance : public Conformance {};

TEST_P(FeatureMapConformance, ResizesToAnySize) {
    struct Sizes {
        std::int64_t from_height, from_width, height, width;
    };
    const std::vector<Sizes> sizes{
        {7, 5, 14, 10},
        {1, 1, 3, 2},
        {65, 63, 33, 31},
        {8, 8, 15, 13},
        {9, 11, 9, 11},
        {5, 7, 1, 1}};
    std::uint64_t seed = 0;
    for (const Sizes& size : sizes) {
        for (const std::int64_t channels : kChannels) {
            SCOPED_TRACE(format(
                "seed {}: {}x{} to {}x{}, {} channels",
                ++seed,
                size.from_height,
                size.from_width,
                size.height,
                size.width,
                channels));
            RandomNumbers numbers(seed);
            const Twin x = twin(numbers, {2, size.from_height, size.from_width, channels});
            expect_equal(
                {.tested = ops::resize_nearest(x.tested, size.height, size.width),
                 .reference = ops::resize_nearest(x.reference, size.height, size.width)});
        }
    }
}

TEST_P(FeatureMapConformance, JoinsChannels) {
    std::uint64_t seed = 2000;
    for (const DType dtype : {DType::f32, DType::bf16}) {
        for (const std::int64_t a : kChannels) {
            for (const std::int64_t b : {1, 5, 32, 320}) {
                SCOPED_TRACE(
                    format("seed {}: {} and {} channels of {}", ++seed, a, b, to_string(dtype)));
                RandomNumbers numbers(seed);
                const Twin left = twin_of(dtype, numbers, {2, 7, 5, a});
                const Twin right = twin_of(dtype, numbers, {2, 7, 5, b});
                expect_equal(
                    {.tested = ops::concat_channels(left.tested, right.tested),
                     .reference = ops::concat_channels(left.reference, right.reference)});
            }
        }
    }
}

TEST_P(FeatureMapConformance, StacksSamples) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
        RandomNumbers numbers(3000);
        const Twin a = twin_of(dtype, numbers, {1, 7, 5, 3});
        const Twin b = twin_of(dtype, numbers, {3, 7, 5, 3});
        const std::vector<Tensor> tested{b.tested.rows(1, 3), a.tested, b.tested};
        const std::vector<Tensor> reference{b.reference.rows(1, 3), a.reference, b.reference};
        expect_equal(
            {.tested = ops::concat_samples(tested), .reference = ops::concat_samples(reference)});
    }
}

TEST_P(FeatureMapConformance, TransposesBetweenLayouts) {
    std::uint64_t seed = 4000;
    for (const DType dtype : {DType::f32, DType::bf16}) {
        for (const std::int64_t channels : kChannels) {
            SCOPED_TRACE(format("seed {}: {} channels of {}", ++seed, channels, to_string(dtype)));
            RandomNumbers numbers(seed);
            const Twin x = twin_of(dtype, numbers, {2, channels, 9, 13});
            const Twin nhwc{
                .tested = ops::nchw_to_nhwc(x.tested), .reference = ops::nchw_to_nhwc(x.reference)};
            expect_equal(nhwc);
            expect_equal({.tested = ops::nhwc_to_nchw(nhwc.tested), .reference = x.reference});
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, FeatureMapConformance, ::testing::ValuesIn(production_backends()), name_of);

}  // namespace
}  // namespace darkroom::engine::conformance
