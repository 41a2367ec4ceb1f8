// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/ops/matrix.h"
#include "engine/ops/norm.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

using testing::HasSubstr;

class Requirements : public testing::Test {
  protected:
    Tensor zeros(const Shape& shape) {
        const std::vector<float> values(static_cast<std::size_t>(shape.numel()), 0.0f);
        return backend_.upload(values, shape);
    }

    ReferenceBackend backend_;
};

TEST_F(Requirements, NormsTakeOneGammaPerChannel) {
    const Tensor x = zeros({1, 2, 2, 8});
    EXPECT_NO_THROW(ops::group_norm(x, zeros({8}), zeros({8}), {.groups = 4}));
    EXPECT_THROW(ops::group_norm(x, zeros({4}), zeros({8}), {.groups = 4}), ContractViolation);
    EXPECT_THROW(ops::group_norm(x, zeros({8}), zeros({8}), {.groups = 3}), ContractViolation);
    EXPECT_THROW(
        ops::group_norm(zeros({1, 4, 8}), zeros({8}), zeros({8}), {.groups = 4}),
        ContractViolation);
    EXPECT_NO_THROW(ops::layer_norm(zeros({1, 4, 8}), zeros({8}), zeros({8})));
    EXPECT_THROW(ops::layer_norm(x, zeros({8}), zeros({1, 8})), ContractViolation);
}

TEST_F(Requirements, AttentionTakesMatchingSamplesChannelsAndHeads) {
    const Tensor q = zeros({2, 3, 8});
    const Tensor k = zeros({2, 5, 8});
    EXPECT_EQ(ops::attention(q, k, k, {.heads = 2}).shape(), q.shape());
    EXPECT_THROW(ops::attention(q, k, k, {.heads = 3}), ContractViolation);
    EXPECT_THROW(ops::attention(q, k, zeros({2, 4, 8}), {.heads = 2}), ContractViolation);
    EXPECT_THROW(ops::attention(q.rows(0, 1), k, k, {.heads = 2}), ContractViolation);
    const Tensor nothing = zeros({2, 0, 8});
    EXPECT_THROW(ops::attention(q, nothing, nothing, {.heads = 2}), ContractViolation);
}

TEST_F(Requirements, FeatureMapsJoinOnlyWhenTheRestIsEqual) {
    EXPECT_EQ(
        ops::concat_channels(zeros({1, 2, 2, 3}), zeros({1, 2, 2, 5})).shape(),
        (Shape{1, 2, 2, 8}));
    EXPECT_THROW(ops::concat_channels(zeros({1, 2, 2, 3}), zeros({1, 2, 3, 3})), ContractViolation);
    const std::vector<Tensor> unequal{zeros({1, 2}), zeros({1, 3})};
    EXPECT_THROW(ops::concat_samples(unequal), ContractViolation);
    EXPECT_THROW(ops::concat_samples({}), ContractViolation);
    EXPECT_THROW(ops::resize_nearest(zeros({1, 2, 2, 3}), 0, 2), ContractViolation);
}

TEST_F(Requirements, OnlyKernelsOfThreeUpsample) {
    EXPECT_EQ(ops::convolved_extent({.upsampled = true}, 5), 10);
    EXPECT_THROW(ops::convolved_extent({.stride = 2, .upsampled = true}, 5), ContractViolation);
    EXPECT_THROW(ops::convolved_extent({.kernel = 1, .upsampled = true}, 5), ContractViolation);
}

TEST_F(Requirements, ElementwiseTakesEqualShapesAndRealNumbers) {
    EXPECT_THROW(ops::add(zeros({2}), zeros({1, 2})), ContractViolation);
    EXPECT_THROW(ops::multiply(zeros({2}), ops::cast(zeros({2}), DType::bf16)), ContractViolation);
    const Tensor ids = backend_.upload(std::vector<std::int32_t>{1, 2}, {2});
    EXPECT_THROW(ops::affine(ids, 1.0f, 0.0f), ContractViolation);
}

TEST_F(Requirements, TensorsOfTwoBackendsDoNotMix) {
    ReferenceBackend other;
    const Tensor stranger = other.upload(std::vector<float>{1, 2}, {2});
    EXPECT_THROW(ops::add(zeros({2}), stranger), ContractViolation);
}

TEST_F(Requirements, MessagesNameTheOperationAndTheShapes) {
    try {
        ops::add(zeros({2, 3}), zeros({3, 2}));
        FAIL() << "no exception";
    } catch (const ContractViolation& violation) {
        EXPECT_THAT(violation.what(), HasSubstr("add"));
        EXPECT_THAT(violation.what(), HasSubstr("2x3"));
        EXPECT_THAT(violation.what(), HasSubstr("3x2"));
    }
}

}  // namespace
}  // namespace darkroom::engine
