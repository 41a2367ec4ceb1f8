// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/shape.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::engine {
namespace {

TEST(Shape, NegativeAxisCountsFromTheLast) {
    const Shape shape{2, 3, 5};
    EXPECT_EQ(shape[-1], 5);
    EXPECT_EQ(shape[0], 2);
    EXPECT_EQ(shape.numel(), 30);
    EXPECT_EQ(to_string(shape.with(1, 7)), "2x7x5");
}

TEST(Shape, AScalarHasOneElement) {
    EXPECT_EQ(Shape{}.numel(), 1);
    EXPECT_EQ(Shape{}.rank(), 0);
}

TEST(Shape, RefusesNegativeExtentsAndUnknownAxes) {
    EXPECT_THROW((Shape{2, -1}), ContractViolation);
    EXPECT_THROW((void)(Shape{2})[1], ContractViolation);
    EXPECT_THROW((void)(Shape{2})[-2], ContractViolation);
}

}  // namespace
}  // namespace darkroom::engine
