// SPDX-License-Identifier: Apache-2.0
// What the suite itself must notice.

#include <limits>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "conformance/invariance.h"
#include "conformance/random_numbers.h"
#include "conformance/tolerance.h"
#include "engine/ops/elementwise.h"

namespace darkroom::engine::conformance {
namespace {

constexpr Tolerance kTolerance{.relative = 1e-3, .of_deviation = 1e-3};

TEST(Closeness, FindsOneWrongNumberAmongMany) {
    RandomNumbers numbers(1);
    const std::vector<float> expected = numbers.normal(10000);
    std::vector<float> actual = expected;
    EXPECT_TRUE(close(actual, expected, kTolerance));
    actual[9999] += 0.01f;
    EXPECT_FALSE(close(actual, expected, kTolerance));
    actual[9999] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(close(actual, expected, kTolerance));
    actual.pop_back();
    EXPECT_FALSE(close(actual, expected, kTolerance));
}

TEST(Closeness, WithoutToleranceTakesEqualNumbersOnly) {
    const std::vector<float> expected{1.0f, 2.0f};
    EXPECT_TRUE(close(expected, expected, {}));
    EXPECT_FALSE(close(std::vector<float>{1.0f, 2.0000002f}, expected, {}));
}

TEST(Invariance, NoticesASampleThatDependsOnItsBatch) {
    const BatchedOperation depends{
        .name = "scaled by the batch",
        .inputs = {{.extents = {5}}},
        .prepare = [](Backend&) -> Operation {
            return [](const std::vector<Tensor>& inputs) {
                const bool is_small = inputs[0].shape()[0] <= 2;
                return ops::affine(inputs[0], is_small ? 1.0f : 1.0000001f, 0.0f);
            };
        }};
    ::testing::TestPartResultArray failures;
    {
        const ::testing::ScopedFakeTestPartResultReporter reporter(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
        expect_invariant(all_backends().back(), depends);
    }
    // Batches of one and two from the first sample on, and seven samples alone, on either backend.
    EXPECT_EQ(failures.size(), 2 * (2 + 7));
}

}  // namespace
}  // namespace darkroom::engine::conformance
