// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/matrix.h"

#include <memory>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

using testing::ElementsAre;

class Matrix : public testing::Test {
  protected:
    Tensor counting(const Shape& shape) {
        std::vector<float> values(static_cast<std::size_t>(shape.numel()));
        std::iota(values.begin(), values.end(), 1.0f);
        return backend_.upload(values, shape);
    }

    PackedWeights packed(const LayerSpec& spec) {
        PackedWeights weights;
        weights.spec = spec;
        weights.layout = backend_.layout_of(spec);
        auto values =
            std::make_shared<std::vector<float>>(weights.layout.size_bytes / sizeof(float), 1.0f);
        weights.data = static_cast<const std::byte*>(static_cast<const void*>(values->data()));
        weights.owner = values;
        return weights;
    }

    ReferenceBackend backend_;
};

TEST_F(Matrix, LinearTakesAnyRankWhoseFirstAxisCountsSamples) {
    const PackedWeights sum = packed(LinearSpec{.in_features = 2, .out_features = 1});
    const Epilogue bias_per_sample{.bias = backend_.upload(std::vector<float>{100, 200}, {2, 1})};

    const Tensor vectors = ops::linear(counting({2, 2}), sum, bias_per_sample);
    EXPECT_EQ(vectors.shape(), (Shape{2, 1}));
    EXPECT_THAT(backend_.download(vectors), ElementsAre(103, 207));

    const Tensor map = ops::linear(counting({2, 1, 2, 2}), sum, bias_per_sample);
    EXPECT_EQ(map.shape(), (Shape{2, 1, 2, 1}));
    EXPECT_THAT(backend_.download(map), ElementsAre(103, 107, 211, 215));
}

TEST_F(Matrix, LinearAddsAResidualOfTheResultsShape) {
    const PackedWeights sum = packed(LinearSpec{.in_features = 2, .out_features = 1});
    const Tensor y = ops::linear(counting({1, 1, 2, 2}), sum, {.residual = counting({1, 1, 2, 1})});
    EXPECT_THAT(backend_.download(y), ElementsAre(4, 9));
}

TEST_F(Matrix, LinearRefusesWhatDoesNotFit) {
    const PackedWeights sum = packed(LinearSpec{.in_features = 2, .out_features = 1});
    EXPECT_THROW(ops::linear(counting({2}), sum), ContractViolation);
    EXPECT_THROW(ops::linear(counting({1, 3}), sum), ContractViolation);
    EXPECT_THROW(ops::linear(counting({1, 2}), sum, {.bias = counting({2})}), ContractViolation);
    EXPECT_THROW(ops::linear(counting({3, 2}), sum, {.bias = counting({2, 1})}), ContractViolation);
    EXPECT_THROW(
        ops::linear(counting({1, 2}), sum, {.residual = counting({1, 2})}), ContractViolation);
    EXPECT_THROW(ops::linear(ops::cast(counting({1, 2}), DType::bf16), sum), ContractViolation);
    EXPECT_THROW(ops::linear(counting({1, 2}), PackedWeights{}), ContractViolation);
}

TEST_F(Matrix, ConvolutionRefusesWhatDoesNotFit) {
    const Conv2dSpec spec{.in_channels = 2, .out_channels = 3};
    const PackedWeights weights = packed(spec);
    EXPECT_EQ(ops::conv2d(counting({1, 4, 5, 2}), weights).shape(), (Shape{1, 4, 5, 3}));
    EXPECT_THROW(ops::conv2d(counting({4, 5, 2}), weights), ContractViolation);
    EXPECT_THROW(ops::conv2d(counting({1, 4, 5, 3}), weights), ContractViolation);
    EXPECT_THROW(ops::linear(counting({1, 4, 5, 2}), weights), ContractViolation);
    EXPECT_THROW(
        ops::conv2d(counting({1, 4, 5, 2}), weights, {.residual = counting({1, 4, 5, 2})}),
        ContractViolation);
    const Conv2dSpec unpadded{.in_channels = 2, .out_channels = 3, .pad_before = 0, .pad_after = 0};
    EXPECT_THROW(ops::conv2d(counting({1, 2, 5, 2}), packed(unpadded)), ContractViolation);
}

TEST_F(Matrix, ConvolvedExtentsFollowStrideAndPadding) {
    EXPECT_EQ(ops::convolved_extent({.stride = 2}, 65), 33);
    EXPECT_EQ(ops::convolved_extent({.stride = 2}, 64), 32);
    EXPECT_EQ(ops::convolved_extent({.stride = 2, .pad_before = 0}, 64), 32);
    EXPECT_EQ(ops::convolved_extent({.kernel = 1, .pad_before = 0, .pad_after = 0}, 7), 7);
}

TEST_F(Matrix, AGatedLinearHasTwiceTheBiasAndNothingElseBehindIt) {
    const PackedWeights weights =
        packed(LinearSpec{.in_features = 2, .out_features = 3, .gated = true});
    const Tensor x = counting({1, 4, 2});
    EXPECT_EQ(ops::linear(x, weights, {.bias = counting({6})}).shape(), (Shape{1, 4, 3}));
    EXPECT_THROW(ops::linear(x, weights, {.bias = counting({3})}), ContractViolation);
    EXPECT_THROW(ops::linear(x, weights, {.activation = Activation::silu}), ContractViolation);
    EXPECT_THROW(ops::linear(x, weights, {.residual = counting({1, 4, 3})}), ContractViolation);
}

TEST_F(Matrix, EmbeddingTakesIntegerIdsOnly) {
    const Tensor table = counting({3, 2});
    const Tensor ids = backend_.upload(std::vector<std::int32_t>{1, 2}, {2, 1});
    EXPECT_THAT(backend_.download(ops::embedding(table, ids)), ElementsAre(3, 4, 5, 6));
    EXPECT_THROW(ops::embedding(table, counting({2, 1})), ContractViolation);
}

}  // namespace
}  // namespace darkroom::engine
