// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/elementwise.h"

#include <cmath>
#include <limits>

#include "base/format.h"
#include "conformance/twins.h"

namespace darkroom::engine::conformance {
namespace {

constexpr std::int64_t kSizes[] = {1, 7, 16, 31, 33, 1000, 100003};

class ElementwiseConformance : public Conformance {};

TEST_P(ElementwiseConformance, ArithmeticOfBothDtypes) {
    std::uint64_t seed = 0;
    for (const DType dtype : {DType::f32, DType::bf16}) {
        for (const std::int64_t size : kSizes) {
            SCOPED_TRACE(format("seed {}: {} {}", ++seed, size, to_string(dtype)));
            RandomNumbers numbers(seed);
            const Twin x = twin_of(dtype, numbers, {size});
            const Twin y = twin_of(dtype, numbers, {size});
            expect_close(
                {.tested = ops::add(x.tested, y.tested),
                 .reference = ops::add(x.reference, y.reference)},
                Arithmetic::elementwise);
            expect_close(
                {.tested = ops::multiply(x.tested, y.tested),
                 .reference = ops::multiply(x.reference, y.reference)},
                Arithmetic::elementwise);
            expect_close(
                {.tested = ops::combine(1.7f, x.tested, -0.3f, y.tested),
                 .reference = ops::combine(1.7f, x.reference, -0.3f, y.reference)},
                Arithmetic::elementwise);
            expect_close(
                {.tested = ops::affine(x.tested, 5.5f, -0.25f),
                 .reference = ops::affine(x.reference, 5.5f, -0.25f)},
                Arithmetic::elementwise);
        }
    }
}

TEST_P(ElementwiseConformance, EveryActivation) {
    std::uint64_t seed = 100;
    for (const Activation activation :
         {Activation::none, Activation::silu, Activation::gelu, Activation::quick_gelu}) {
        for (const std::int64_t size : kSizes) {
            for (const float deviation : {1.0f, 20.0f}) {
                SCOPED_TRACE(format(
                    "seed {}: activation {} of {} numbers, deviation {}",
                    ++seed,
                    static_cast<int>(activation),
                    size,
                    deviation));
                RandomNumbers numbers(seed);
                const Twin x = twin(numbers, {size}, {.deviation = deviation});
                expect_close(
                    {.tested = ops::activate(x.tested, activation),
                     .reference = ops::activate(x.reference, activation)},
                    Arithmetic::curve);
            }
        }
    }
}

TEST_P(ElementwiseConformance, ActivationsSurviveExtremeNumbers) {
    const std::vector<float> extremes{
        0.0f, -0.0f, 1e-30f, -1e-30f, 60.0f, -60.0f, 100.0f, -100.0f, 3e4f, -3e4f, 1e30f, -1e30f};
    for (const Activation activation :
         {Activation::silu, Activation::gelu, Activation::quick_gelu}) {
        SCOPED_TRACE(format("activation {}", static_cast<int>(activation)));
        for (const float extreme : extremes) {
            SCOPED_TRACE(format("at {}", extreme));
            const Twin x = twin(std::vector<float>(33, extreme), {33});
            const Twin y{
                .tested = ops::activate(x.tested, activation),
                .reference = ops::activate(x.reference, activation)};
            const float actual = tested().download(y.tested)[32];
            const float expected = reference_.download(y.reference)[32];
            EXPECT_NEAR(actual, expected, std::abs(expected) * 0.01f + 1e-6f);
        }
    }
}

TEST_P(ElementwiseConformance, CastRoundsToNearestEven) {
    for (const std::int64_t size : kSizes) {
        RandomNumbers numbers(static_cast<std::uint64_t>(200 + size));
        const Twin x = f32_twin(numbers, {size});
        const Twin narrow{
            .tested = ops::cast(x.tested, DType::bf16),
            .reference = ops::cast(x.reference, DType::bf16)};
        expect_equal(narrow);
        expect_equal(
            {.tested = ops::cast(narrow.tested, DType::f32),
             .reference = ops::cast(narrow.reference, DType::f32)});
    }
    const Twin halfway =
        f32_twin({1.00390625f, 1.01171875f, -1.00390625f, 3.3e38f, 1.2e-38f, 0.0f, -0.0f}, {7});
    expect_equal(
        {.tested = ops::cast(halfway.tested, DType::bf16),
         .reference = ops::cast(halfway.reference, DType::bf16)});
    // The processor's own conversion takes subnormals for zero.
    const Tensor subnormal = tested().upload(std::vector<float>(33, 1e-40f), Shape{33});
    EXPECT_NEAR(tested().download(ops::cast(subnormal, DType::bf16))[32], 0.0f, 1e-40f);
}

TEST_P(ElementwiseConformance, NoticesOneNumberThatIsNotFinite) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
        for (const std::int64_t size : {1, 7, 33, 1000}) {
            const auto count = static_cast<std::size_t>(size);
            std::vector<float> values(count, -3e38f);
            const auto finite = [&] {
                return ops::all_finite(ops::cast(tested().upload(values, Shape{size}), dtype));
            };
            EXPECT_TRUE(finite());
            for (const std::size_t at : {std::size_t{0}, count / 2, count - 1}) {
                for (const float bad :
                     {std::numeric_limits<float>::quiet_NaN(),
                      std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity()}) {
                    SCOPED_TRACE(format("{} at {} of {} {}", bad, at, size, to_string(dtype)));
                    values[at] = bad;
                    EXPECT_FALSE(finite());
                    values[at] = -3e38f;
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, ElementwiseConformance, ::testing::ValuesIn(production_backends()), name_of);

}  // namespace
}  // namespace darkroom::engine::conformance
