// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/norm.h"

#include "base/format.h"
#include "conformance/twins.h"
#include "engine/ops/attention.h"

namespace darkroom::engine::conformance {
namespace {

struct NormCase {
    Shape input;
    std::int64_t groups = 32;
    Distribution distribution = {};
    /// An f32 input, whatever the compute dtype.
    bool wide_input = false;
    Arithmetic arithmetic = Arithmetic::sum;
};

class NormConformance : public Conformance {
  protected:
    Twin input(RandomNumbers& numbers, const NormCase& norm) {
        return norm.wide_input ? f32_twin(numbers, norm.input, norm.distribution)
                               : twin(numbers, norm.input, norm.distribution);
    }

    void check_group_norm(const NormCase& norm, std::uint64_t seed) {
        for (const Activation activation :
             {Activation::none, Activation::silu, Activation::gelu, Activation::quick_gelu}) {
            SCOPED_TRACE(format(
                "seed {}: {} in {} groups, mean {}, deviation {}, activation {}",
                seed,
                to_string(norm.input),
                norm.groups,
                norm.distribution.mean,
                norm.distribution.deviation,
                static_cast<int>(activation)));
            RandomNumbers numbers(seed);
            const GroupNormOptions options{
                .groups = norm.groups, .epsilon = 1e-5f, .activation = activation};
            const Twin x = input(numbers, norm);
            const Twin gamma = f32_twin(numbers, {norm.input[-1]}, {.mean = 1.0f});
            const Twin beta = f32_twin(numbers, {norm.input[-1]});
            expect_close(
                {.tested = ops::group_norm(x.tested, gamma.tested, beta.tested, options),
                 .reference =
                     ops::group_norm(x.reference, gamma.reference, beta.reference, options)},
                norm.arithmetic);
        }
    }

    void check_layer_norm(const NormCase& norm, std::uint64_t seed) {
        SCOPED_TRACE(format(
            "seed {}: {}, mean {}, deviation {}",
            seed,
            to_string(norm.input),
            norm.distribution.mean,
            norm.distribution.deviation));
        RandomNumbers numbers(seed);
        const Twin x = input(numbers, norm);
        const Twin gamma = f32_twin(numbers, {norm.input[-1]}, {.mean = 1.0f});
        const Twin beta = f32_twin(numbers, {norm.input[-1]});
        for (const bool wide : {false, true}) {
            const Tensor result =
                ops::layer_norm(x.tested, gamma.tested, beta.tested, {.wide = wide});
            EXPECT_EQ(result.dtype(), wide ? DType::f32 : dtype());
            expect_close(
                {.tested = result,
                 .reference = ops::layer_norm(x.reference, gamma.reference, beta.reference)},
                norm.arithmetic);
        }
    }

    void check_softmax(const Shape& input, const Distribution& distribution, std::uint64_t seed) {
        SCOPED_TRACE(format(
            "seed {}: {}, mean {}, deviation {}",
            seed,
            to_string(input),
            distribution.mean,
            distribution.deviation));
        RandomNumbers numbers(seed);
        const Twin x = twin(numbers, input, distribution);
        expect_close(
            {.tested = ops::softmax(x.tested), .reference = ops::softmax(x.reference)},
            Arithmetic::sum);
    }
};

TEST_P(NormConformance, GroupNormOfOddShapesAndGroupCounts) {
    check_group_norm({.input = {1, 65, 63, 32}}, 1);
    check_group_norm({.input = {2, 7, 5, 320}}, 2);
    check_group_norm({.input = {1, 16, 16, 960}}, 3);
    check_group_norm({.input = {1, 1, 1, 64}}, 4);
    check_group_norm({.input = {2, 8, 8, 96}, .groups = 8}, 5);
    check_group_norm({.input = {3, 5, 7, 40}, .groups = 5}, 6);
    check_group_norm({.input = {1, 3, 3, 24}, .groups = 4}, 7);
    check_group_norm({.input = {2, 4, 4, 8}, .groups = 1}, 8);
    check_group_norm({.input = {1, 4, 9, 8}, .groups = 8}, 9);
    check_group_norm({.input = {1, 64, 64, 128}}, 10);
}

TEST_P(NormConformance, NormsOfWideInputs) {
    check_group_norm({.input = {2, 7, 5, 320}, .wide_input = true}, 20);
    check_group_norm({.input = {3, 5, 7, 40}, .groups = 5, .wide_input = true}, 21);
    check_group_norm({.input = {1, 64, 64, 128}, .wide_input = true}, 22);
    std::uint64_t seed = 23;
    for (const std::int64_t width : {2, 33, 320, 768}) {
        check_layer_norm({.input = {2, 77, width}, .wide_input = true}, ++seed);
    }
}

TEST_P(NormConformance, GroupNormOfRandomShapes) {
    for (std::uint64_t seed = 50; seed < 80; ++seed) {
        RandomNumbers numbers(seed);
        const auto groups = numbers.one_of<std::int64_t>({1, 2, 4, 8, 32});
        const auto per_group = numbers.one_of<std::int64_t>({1, 2, 3, 10, 20});
        const Shape input{
            1 + numbers.below(3), 1 + numbers.below(17), 1 + numbers.below(17), groups * per_group};
        check_group_norm({.input = input, .groups = groups}, seed);
    }
}

TEST_P(NormConformance, GroupNormOfLargeNumbers) {
    check_group_norm(
        {.input = {2, 9, 7, 64}, .distribution = {.mean = 0.0f, .deviation = 30000.0f}}, 100);
    check_group_norm(
        {.input = {2, 9, 7, 64},
         .distribution = {.mean = -300.0f, .deviation = 1.0f},
         .arithmetic = Arithmetic::amplified},
        101);
    check_group_norm(
        {.input = {2, 9, 7, 64}, .distribution = {.mean = 0.0f, .deviation = 1e-3f}}, 102);
}

TEST_P(NormConformance, LayerNormOfOddShapes) {
    std::uint64_t seed = 200;
    for (const std::int64_t width : {2, 4, 8, 24, 33, 40, 96, 320, 768, 1280}) {
        for (const std::int64_t rows : {1, 7, 77}) {
            check_layer_norm({.input = {2, rows, width}}, ++seed);
        }
    }
    check_layer_norm({.input = {5, 64}}, ++seed);
}

TEST_P(NormConformance, LayerNormOfLargeNumbers) {
    check_layer_norm(
        {.input = {2, 33, 320}, .distribution = {.mean = 0.0f, .deviation = 30000.0f}}, 300);
    check_layer_norm(
        {.input = {2, 33, 320},
         .distribution = {.mean = 300.0f, .deviation = 1.0f},
         .arithmetic = Arithmetic::amplified},
        301);
}

TEST_P(NormConformance, SoftmaxOfEveryWidth) {
    std::uint64_t seed = 400;
    for (const std::int64_t width : {1, 2, 7, 16, 33, 64, 77, 1000, 4096}) {
        check_softmax({2, 5, width}, {}, ++seed);
        check_softmax({3, width}, {.mean = 1000.0f, .deviation = 20.0f}, ++seed);
        check_softmax({1, 3, width}, {.mean = -5000.0f, .deviation = 500.0f}, ++seed);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, NormConformance, ::testing::ValuesIn(production_backends()), name_of);

}  // namespace
}  // namespace darkroom::engine::conformance
