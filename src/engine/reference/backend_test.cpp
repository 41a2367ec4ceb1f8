// SPDX-License-Identifier: Apache-2.0
#include "engine/reference/backend.h"

#include <omp.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::engine {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

class Reference : public testing::Test {
  protected:
    Tensor tensor(const std::vector<float>& values, const Shape& shape) {
        return backend_.upload(values, shape);
    }

    Tensor counting(const Shape& shape) {
        std::vector<float> values(static_cast<std::size_t>(shape.numel()));
        std::iota(values.begin(), values.end(), 1.0f);
        return tensor(values, shape);
    }

    /// Numbers without a pattern, between -1 and 1.
    static std::vector<float> waves(std::int64_t count, float frequency) {
        std::vector<float> values(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = std::sin(frequency * static_cast<float>(i + 1));
        }
        return values;
    }

    PackedWeights packed(const LayerSpec& spec, const std::vector<float>& weights) {
        PackedWeights result;
        result.spec = spec;
        result.layout = backend_.layout_of(spec);
        auto bytes = std::make_shared<std::vector<std::byte>>(result.layout.size_bytes);
        backend_.pack(spec, weights, *bytes);
        result.data = bytes->data();
        result.owner = bytes;
        return result;
    }

    void expect_near(const Tensor& x, const std::vector<float>& expected, float tolerance = 1e-6f) {
        EXPECT_THAT(backend_.download(x), Pointwise(FloatNear(tolerance), expected));
    }

    ReferenceBackend backend_;
};

TEST_F(Reference, ConvolutionCountsTheNeighboursOfEachPixel) {
    const Conv2dSpec spec{.in_channels = 1, .out_channels = 1};
    const Tensor ones = tensor(std::vector<float>(9, 1.0f), {1, 3, 3, 1});
    const PackedWeights weights = packed(spec, std::vector<float>(9, 1.0f));
    expect_near(backend_.conv2d(ones, weights, {}), {4, 6, 4, 6, 9, 6, 4, 6, 4});
}

TEST_F(Reference, ConvolutionReadsWeightsAsOutInHeightWidth) {
    const Conv2dSpec spec{
        .in_channels = 2, .out_channels = 1, .kernel = 2, .pad_before = 0, .pad_after = 0};
    // Pixels (1,2) (3,4) / (5,6) (7,8): the first channel holds odd numbers, the second even ones.
    const Tensor x = counting({1, 2, 2, 2});
    const PackedWeights weights = packed(spec, {1, 10, 100, 1000, 0, 0, 0, 0.5f});
    expect_near(backend_.conv2d(x, weights, {}), {1 + 30 + 500 + 7000 + 4});
}

TEST_F(Reference, ConvolutionPadsOnOneSideForTheVaeDownsampler) {
    const Conv2dSpec spec{
        .in_channels = 1, .out_channels = 1, .stride = 2, .pad_before = 0, .pad_after = 1};
    const Tensor x = counting({1, 4, 4, 1});
    const PackedWeights weights = packed(spec, std::vector<float>(9, 1.0f));
    const Tensor y = backend_.conv2d(x, weights, {});
    EXPECT_EQ(y.shape(), (Shape{1, 2, 2, 1}));
    expect_near(y, {54, 45, 72, 54});
}

TEST_F(Reference, ConvolutionOfAnUpsampledPictureIsThatOfEachPixelTwice) {
    const Conv2dSpec plain{.in_channels = 2, .out_channels = 1};
    Conv2dSpec upsampled = plain;
    upsampled.upsampled = true;
    std::vector<float> taps(18);
    std::iota(taps.begin(), taps.end(), -4.0f);
    const Tensor x = counting({2, 3, 4, 2});
    const Tensor y = backend_.conv2d(x, packed(upsampled, taps), {});
    EXPECT_EQ(y.shape(), (Shape{2, 6, 8, 1}));
    const Tensor doubled = backend_.resize_nearest(x, 6, 8);
    expect_near(y, backend_.download(backend_.conv2d(doubled, packed(plain, taps), {})));
    // The middle row with its neighbours, in the place of padding.
    const Tensor middle =
        backend_.conv2d_band(x, packed(upsampled, taps), {}, {.above = 0, .below = 0});
    EXPECT_EQ(middle.shape(), (Shape{2, 2, 8, 1}));
    std::vector<float> expected;
    const std::vector<float> whole = backend_.download(y);
    for (const int sample : {0, 1}) {
        const auto first = whole.begin() + sample * 48 + 16;
        expected.insert(expected.end(), first, first + 16);
    }
    expect_near(middle, expected);
}

TEST_F(Reference, EpilogueActivatesBeforeItAddsTheResidual) {
    const PackedWeights identity =
        packed(LinearSpec{.in_features = 2, .out_features = 2}, {1, 0, 0, 1});
    const Tensor x = tensor({1, 2, 3, 4}, {2, 1, 2});
    const Tensor y = backend_.linear(
        x,
        identity,
        {.bias = tensor({0, -2, -2, -4}, {2, 2}),
         .activation = Activation::silu,
         .residual = tensor({10, 20, 30, 40}, {2, 1, 2})});
    expect_near(y, {10.7310586f, 20, 30.7310586f, 40}, 1e-5f);
}

TEST_F(Reference, LinearMultipliesByTheTransposedMatrix) {
    const PackedWeights weights =
        packed(LinearSpec{.in_features = 3, .out_features = 2}, {1, 2, 3, 4, 5, 6});
    const Tensor x = tensor({1, 0, -1, 2, 2, 2}, {1, 2, 3});
    expect_near(backend_.linear(x, weights, {}), {-2, -2, 12, 30});
}

TEST_F(Reference, LongDotProductsKeepTheirLowDigits) {
    constexpr std::int64_t kCount = 11520;
    const std::vector<float> x = waves(kCount, 0.7f);
    const std::vector<float> w = waves(kCount, 1.3f);
    double expected = 0.0;
    double magnitude = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double product = static_cast<double>(x[i]) * static_cast<double>(w[i]);
        expected += product;
        magnitude += product * product;
    }
    const PackedWeights weights = packed(LinearSpec{.in_features = kCount, .out_features = 1}, w);
    const Tensor y = backend_.linear(tensor(x, {1, 1, kCount}), weights, {});
    EXPECT_NEAR(
        static_cast<double>(backend_.download(y)[0]), expected, 3e-7 * std::sqrt(magnitude));
}

TEST_F(Reference, ActivationsHaveTheirKnownValuesAtOne) {
    const Tensor one = tensor({1, -1}, {2});
    expect_near(backend_.activate(one, Activation::none), {1, -1});
    expect_near(backend_.activate(one, Activation::silu), {0.7310586f, -0.2689414f});
    expect_near(backend_.activate(one, Activation::gelu), {0.8413447f, -0.1586553f});
    expect_near(backend_.activate(one, Activation::quick_gelu), {0.8457958f, -0.1542042f});
}

TEST_F(Reference, AGatedLinearMultipliesValuesByTheGeluOfTheirGates) {
    const PackedWeights weights =
        packed(LinearSpec{.in_features = 1, .out_features = 2, .gated = true}, {3, 5, 2, -2});
    const Tensor bias = tensor({0, 0, -1, 1}, {4});
    const Tensor y = backend_.linear(tensor({1}, {1, 1, 1}), weights, {.bias = bias});
    expect_near(y, {2.5240342f, -0.7932763f});
}

TEST_F(Reference, GroupNormSeesOneSampleAndOneGroup) {
    // Two samples of two pixels and two groups of one channel; each group is (m - d, m + d).
    const Tensor x = tensor({1, 100, 3, 300, -5, 0.5f, 5, 0.7f}, {2, 2, 1, 2});
    const Tensor gamma = tensor({1, 2}, {2});
    const Tensor beta = tensor({0, 1}, {2});
    const Tensor y = backend_.group_norm(x, gamma, beta, {.groups = 2, .epsilon = 0.0f});
    expect_near(y, {-1, -1, 1, 3, -1, -1, 1, 3}, 1e-5f);
}

TEST_F(Reference, LayerNormDividesByTheBiasedDeviation) {
    const Tensor x = tensor({1, 2, 3, 4}, {1, 4});
    const Tensor gamma = tensor({1, 1, 1, 1}, {4});
    const Tensor beta = tensor({0, 0, 0, 0}, {4});
    expect_near(
        backend_.layer_norm(x, gamma, beta, {.epsilon = 0.0f}),
        {-1.3416408f, -0.4472136f, 0.4472136f, 1.3416408f});
}

TEST_F(Reference, AttentionMixesValuesBySoftmaxOfScaledScores) {
    const float score = std::log(3.0f);
    const Tensor q = tensor({2, 0, 0, 0}, {1, 1, 4});
    const Tensor k = tensor({score, 0, 0, 0, 0, 9, 9, 9}, {1, 2, 4});
    const Tensor v = tensor({1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 4});
    // Weights 3/4 and 1/4, the scale being 1/2.
    expect_near(backend_.attention(q, k, v, {.heads = 1}), {2, 3, 4, 5}, 1e-5f);
}

TEST_F(Reference, AttentionHeadsAreSlicesOfTheChannels) {
    const float score = std::log(3.0f);
    const Tensor q = tensor({1, 0}, {1, 1, 2});
    const Tensor k = tensor({score, 50, 0, -50}, {1, 2, 2});
    const Tensor v = tensor({1, 2, 5, 6}, {1, 2, 2});
    expect_near(backend_.attention(q, k, v, {.heads = 2}), {2, 4}, 1e-5f);
}

TEST_F(Reference, CausalAttentionHidesLaterRows) {
    const Tensor zeros = tensor({0, 0, 0}, {1, 3, 1});
    const Tensor v = tensor({1, 3, 8}, {1, 3, 1});
    expect_near(backend_.attention(zeros, zeros, v, {.heads = 1, .causal = true}), {1, 2, 4});
    expect_near(backend_.attention(zeros, zeros, v, {.heads = 1}), {4, 4, 4});
}

TEST_F(Reference, SoftmaxSurvivesLargeScores) {
    const Tensor x = tensor({1000, 1000, -1000, 1000 - std::log(2.0f)}, {1, 4});
    expect_near(backend_.softmax(x), {0.4f, 0.4f, 0, 0.2f}, 1e-5f);
}

TEST_F(Reference, ResizesToTheNearestPixel) {
    const Tensor x = counting({1, 2, 3, 1});
    expect_near(backend_.resize_nearest(x, 4, 6), {1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3,
                                                   4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6});
    expect_near(backend_.resize_nearest(x, 1, 2), {1, 2});
}

TEST_F(Reference, LayoutsTransposeBothWays) {
    const Tensor nchw = counting({2, 3, 1, 2});
    const Tensor nhwc = backend_.nchw_to_nhwc(nchw);
    EXPECT_EQ(nhwc.shape(), (Shape{2, 1, 2, 3}));
    expect_near(nhwc, {1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12});
    EXPECT_EQ(backend_.download(backend_.nhwc_to_nchw(nhwc)), backend_.download(nchw));
}

TEST_F(Reference, JoinsChannelsAndSamples) {
    const Tensor a = counting({2, 1, 1});
    const Tensor b = counting({2, 1, 2});
    expect_near(backend_.concat_channels(a, b), {1, 1, 2, 2, 3, 4});
    const std::vector<Tensor> parts{b, b.rows(1, 2)};
    const Tensor stacked = backend_.concat_samples(parts);
    EXPECT_EQ(stacked.shape(), (Shape{3, 1, 2}));
    expect_near(stacked, {1, 2, 3, 4, 3, 4});
}

TEST_F(Reference, LooksUpRowsAndRefusesUnknownIds) {
    const Tensor table = counting({3, 2});
    const std::vector<std::int32_t> known{2, 0};
    expect_near(backend_.embedding(table, backend_.upload(known, Shape{1, 2})), {5, 6, 1, 2});
    const std::vector<std::int32_t> unknown{3};
    EXPECT_THROW(
        backend_.embedding(table, backend_.upload(unknown, Shape{1, 1})), ContractViolation);
}

TEST_F(Reference, ElementwiseOperationsTakeBf16) {
    const Tensor x = backend_.cast(tensor({1, 1.00390625f}, {2}), DType::bf16);
    EXPECT_EQ(x.dtype(), DType::bf16);
    EXPECT_THAT(backend_.download(x), ElementsAre(1.0f, 1.0f));
    const Tensor sum = backend_.combine(2.0f, x, 0.5f, x);
    EXPECT_EQ(sum.dtype(), DType::bf16);
    EXPECT_THAT(backend_.download(sum), ElementsAre(2.5f, 2.5f));
}

TEST_F(Reference, NoticesNumbersThatAreNotFinite) {
    EXPECT_TRUE(backend_.all_finite(tensor({1, -3e38f}, {2})));
    EXPECT_FALSE(backend_.all_finite(tensor({1, std::numeric_limits<float>::quiet_NaN()}, {2})));
    EXPECT_FALSE(backend_.all_finite(tensor({1, -std::numeric_limits<float>::infinity()}, {2})));
}

TEST_F(Reference, BorrowedMemoryKeepsItsOwnerUntilTheLastTensorIsGone) {
    auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4});
    const std::weak_ptr<std::vector<float>> watch = owner;
    {
        const auto* bytes = static_cast<const std::byte*>(static_cast<const void*>(owner->data()));
        Tensor whole = backend_.borrow(bytes, {2, 2}, DType::f32, owner);
        owner.reset();
        const Tensor part = whole.rows(1, 2);
        whole = Tensor();
        EXPECT_THAT(backend_.download(part), ElementsAre(3.0f, 4.0f));
    }
    EXPECT_TRUE(watch.expired());
}

TEST_F(Reference, ResultsDoNotDependOnTheThreadCount) {
    const Conv2dSpec spec{.in_channels = 24, .out_channels = 8};
    const Tensor x = tensor(waves(2LL * 9 * 7 * 24, 0.37f), {2, 9, 7, 24});
    const PackedWeights weights = packed(spec, waves(8LL * 24 * 9, 0.11f));
    const Tensor gamma = tensor(waves(8, 0.3f), {8});
    std::vector<std::vector<float>> results;
    const int threads_before = omp_get_max_threads();
    for (const int threads : {1, 2, 5}) {
        omp_set_num_threads(threads);
        const Tensor y = backend_.conv2d(x, weights, {.bias = gamma});
        const Tensor normal =
            backend_.group_norm(y, gamma, gamma, {.groups = 4, .activation = Activation::silu});
        const Tensor tokens = normal.reshape({2, 63, 8});
        results.push_back(backend_.download(backend_.attention(tokens, tokens, tokens, {})));
    }
    omp_set_num_threads(threads_before);
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace darkroom::engine
