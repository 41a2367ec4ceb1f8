// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <gmock/gmock.h>

#include "base/check.h"
#include "engine/cpu/test_support.h"

namespace darkroom::engine {
namespace {

class CpuLayers : public CpuAgainstReference {
  protected:
    void expect_convolution(const Conv2dSpec& spec, const Shape& shape) {
        const std::int64_t count = spec.in_channels * spec.out_channels * spec.kernel * spec.kernel;
        expect_same(
            [&](Backend& backend) {
                const PackedWeights weights = packed(backend, spec, count);
                return backend.conv2d(tensor(backend, shape, 1), weights, {});
            },
            std::sqrt(static_cast<float>(spec.in_channels * spec.kernel * spec.kernel)));
    }
};

TEST_P(CpuLayers, ConvolveEveryWidthAndKernel) {
    expect_convolution({.in_channels = 32, .out_channels = 48}, {2, 9, 7, 32});
    expect_convolution({.in_channels = 4, .out_channels = 80}, {1, 8, 8, 4});
    expect_convolution({.in_channels = 40, .out_channels = 4}, {1, 5, 13, 40});
    expect_convolution({.in_channels = 9, .out_channels = 17}, {2, 6, 6, 9});
    expect_convolution(
        {.in_channels = 24, .out_channels = 8, .kernel = 1, .pad_before = 0, .pad_after = 0},
        {1, 4, 4, 24});
    expect_convolution(
        {.in_channels = 3,
         .out_channels = 96,
         .kernel = 14,
         .stride = 14,
         .pad_before = 0,
         .pad_after = 0},
        {1, 42, 28, 3});
    expect_convolution({.in_channels = 2500, .out_channels = 20}, {1, 3, 3, 2500});
}

TEST_P(CpuLayers, ConvolveWithStrideAndUnequalPadding) {
    expect_convolution({.in_channels = 16, .out_channels = 24, .stride = 2}, {2, 10, 8, 16});
    expect_convolution({.in_channels = 16, .out_channels = 24, .stride = 2}, {2, 7, 9, 16});
    expect_convolution(
        {.in_channels = 16, .out_channels = 24, .stride = 2, .pad_before = 0, .pad_after = 1},
        {1, 12, 12, 16});
}

TEST_P(CpuLayers, ConvolveUpsampledPictures) {
    expect_convolution({.in_channels = 32, .out_channels = 48, .upsampled = true}, {2, 9, 7, 32});
    expect_convolution({.in_channels = 9, .out_channels = 17, .upsampled = true}, {3, 5, 6, 9});
    expect_convolution({.in_channels = 40, .out_channels = 4, .upsampled = true}, {1, 1, 1, 40});
    expect_convolution(
        {.in_channels = 16, .out_channels = 24, .pad_before = 0, .pad_after = 2, .upsampled = true},
        {1, 4, 12, 16});
    // Each sample's own bias and a residual for each of its pixels.
    const Conv2dSpec spec{.in_channels = 16, .out_channels = 37, .upsampled = true};
    expect_same(
        [&](Backend& backend) {
            return backend.conv2d(
                tensor(backend, {3, 5, 6, 16}, 1),
                packed(backend, spec, 16 * 37 * 9),
                {.bias = floats(backend, {3, 37}, 2),
                 .activation = Activation::silu,
                 .residual = tensor(backend, {3, 10, 12, 37}, 3)});
        },
        12.0f);
}

// Layers that bear it and are wide enough are computed in Winograd's form.
TEST_P(CpuLayers, ConvolveInWinogradsForm) {
    const auto wide = [](std::int64_t in, std::int64_t out) {
        return Conv2dSpec{.in_channels = in, .out_channels = out, .quantisable = true};
    };
    ASSERT_THAT(cpu_->layout_of(wide(256, 260)).tag, testing::HasSubstr("winograd"));
    expect_convolution(wide(256, 260), {2, 9, 7, 256});
    expect_convolution(wide(272, 640), {1, 1, 1, 272});
    expect_convolution(wide(1280, 256), {1, 2, 3, 1280});
    expect_convolution(wide(256, 256), {3, 16, 20, 256});
    Conv2dSpec shifted = wide(256, 256);
    shifted.pad_before = 2;
    shifted.pad_after = 0;
    expect_convolution(shifted, {1, 6, 5, 256});
    // Each sample's own bias and a residual for each of its pixels.
    for (const bool is_wide : {false, true}) {
        expect_same(
            [&](Backend& backend) {
                Tensor residual = tensor(backend, {3, 5, 6, 256}, 3);
                if (is_wide) residual = backend.cast(residual, DType::f32);
                return backend.conv2d(
                    tensor(backend, {3, 5, 6, 256}, 1),
                    packed(backend, wide(256, 256), std::int64_t{256} * 256 * 9),
                    {.bias = floats(backend, {3, 256}, 2),
                     .activation = Activation::silu,
                     .residual = residual});
            },
            48.0f);
    }
}

TEST_P(CpuLayers, LeaveOtherConvolutionsAsTheyAreDefined) {
    const Conv2dSpec wide{.in_channels = 256, .out_channels = 256, .quantisable = true};
    for (const auto& change : std::vector<std::function<void(Conv2dSpec&)>>{
             [](Conv2dSpec& spec) { spec.quantisable = false; },
             [](Conv2dSpec& spec) { spec.stride = 2; },
             [](Conv2dSpec& spec) { spec.kernel = 5; },
             [](Conv2dSpec& spec) { spec.upsampled = true; },
             [](Conv2dSpec& spec) { spec.in_channels = 264; },
             [](Conv2dSpec& spec) { spec.in_channels = 64; },
             [](Conv2dSpec& spec) { spec.out_channels = 64; },
             [](Conv2dSpec& spec) { spec.out_channels = 1280; }}) {
        Conv2dSpec spec = wide;
        change(spec);
        EXPECT_THAT(cpu_->layout_of(spec).tag, Not(testing::HasSubstr("winograd")));
    }
}

TEST_P(CpuLayers, EndWithBiasThenActivationThenResidual) {
    const Conv2dSpec conv{.in_channels = 16, .out_channels = 37};
    const LinearSpec linear{.in_features = 45, .out_features = 70};
    for (const Activation activation :
         {Activation::none, Activation::silu, Activation::gelu, Activation::quick_gelu}) {
        expect_same(
            [&](Backend& backend) {
                return backend.conv2d(
                    tensor(backend, {3, 5, 6, 16}, 1),
                    packed(backend, conv, 16 * 37 * 9),
                    {.bias = floats(backend, {3, 37}, 2),
                     .activation = activation,
                     .residual = tensor(backend, {3, 5, 6, 37}, 3)});
            },
            12.0f);
        expect_same(
            [&](Backend& backend) {
                return backend.linear(
                    tensor(backend, {2, 13, 45}, 1),
                    packed(backend, linear, 45 * 70),
                    {.bias = floats(backend, {70}, 2),
                     .activation = activation,
                     .residual = tensor(backend, {2, 13, 70}, 3)});
            },
            7.0f);
    }
}

TEST_P(CpuLayers, MultiplyEveryNumberOfRows) {
    const LinearSpec spec{.in_features = 64, .out_features = 160};
    for (const std::int64_t rows : {1, 2, 3, 5, 11, 12, 23, 77, 97, 200}) {
        expect_same(
            [&](Backend& backend) {
                return backend.linear(
                    tensor(backend, {1, rows, 64}, 5), packed(backend, spec, 64 * 160), {});
            },
            8.0f);
    }
}

TEST_P(CpuLayers, GateEveryNumberOfFeatures) {
    for (const std::int64_t features : {1, 4, 7, 16, 17, 24, 33, 64, 70, 320}) {
        SCOPED_TRACE(features);
        const LinearSpec spec{.in_features = 45, .out_features = features, .gated = true};
        for (const bool wide : {false, true}) {
            expect_same(
                [&](Backend& backend) {
                    return backend.linear(
                        tensor(backend, {2, 13, 45}, 1),
                        packed(backend, spec, 45 * 2 * features),
                        {.bias = floats(backend, {2, 2 * features}, 2), .wide = wide});
                },
                20.0f);
        }
    }
}

TEST_P(CpuLayers, ZeroTimesWhatStandsBesideThePictureStaysOut) {
    // The picture's neighbours in memory are NaN; padding must not read them.
    const std::vector<float> nan(std::size_t{3} * 4 * 4 * 256, std::nanf(""));
    Tensor around = cpu_->cast(
        cpu_->upload(std::span<const float>(nan), {3, 4, 4, 256}), cpu_->compute_dtype());
    const Tensor picture = around.rows(1, 2);
    std::ranges::fill(std::span(picture.data(), picture.size_bytes()), std::byte{0});
    for (const bool upsampled : {false, true}) {
        const Conv2dSpec spec{
            .in_channels = 256,
            .out_channels = 256,
            .quantisable = !upsampled,
            .upsampled = upsampled};
        EXPECT_TRUE(
            cpu_->all_finite(cpu_->conv2d(picture, packed(*cpu_, spec, 256 * 256 * 9), {})));
    }
    const Conv2dSpec spec{.in_channels = 256, .out_channels = 8};
    EXPECT_TRUE(cpu_->all_finite(cpu_->conv2d(picture, packed(*cpu_, spec, 256 * 8 * 9), {})));
}

TEST_P(CpuLayers, PackWithoutPaddingWhereChannelsFillVectors) {
    const std::size_t element = size_of(cpu_->compute_dtype());
    const Conv2dSpec conv{.in_channels = 960, .out_channels = 320};
    EXPECT_EQ(cpu_->layout_of(conv).size_bytes, 960 * 320 * 9 * element);
    // Four matrices of two by two taps.
    const Conv2dSpec upsampled{.in_channels = 640, .out_channels = 320, .upsampled = true};
    EXPECT_EQ(cpu_->layout_of(upsampled).size_bytes, 640 * 320 * 16 * element);
    EXPECT_NE(cpu_->layout_of(upsampled).tag, cpu_->layout_of(conv).tag);
    // One of four by four.
    const Conv2dSpec winograd{.in_channels = 640, .out_channels = 320, .quantisable = true};
    EXPECT_EQ(cpu_->layout_of(winograd).size_bytes, 640 * 320 * 16 * element);
    EXPECT_NE(cpu_->layout_of(winograd).tag, cpu_->layout_of(upsampled).tag);
    const LinearSpec linear{.in_features = 768, .out_features = 80};
    EXPECT_EQ(cpu_->layout_of(linear).size_bytes, 768 * 80 * element);
    EXPECT_EQ(cpu_->layout_of(linear).tag, cpu_->layout_of(conv).tag);
    const LinearSpec gated{.in_features = 320, .out_features = 1280, .gated = true};
    EXPECT_EQ(cpu_->layout_of(gated).size_bytes, 320 * 2560 * element);
    EXPECT_NE(cpu_->layout_of(gated).tag, cpu_->layout_of(linear).tag);
}

TEST_P(CpuLayers, WeightsOfAnotherLayoutAreRefused) {
    const LinearSpec spec{.in_features = 8, .out_features = 8};
    PackedWeights weights = packed(*cpu_, spec, 64);
    weights.layout.tag = "f32.oi";
    EXPECT_THROW(cpu_->linear(tensor(*cpu_, {1, 2, 8}, 1), weights, {}), ContractViolation);
}

INSTANTIATE_TEST_SUITE_P(Cpu, CpuLayers, testing::ValuesIn(every_cpu()), cpu_name);

}  // namespace
}  // namespace darkroom::engine
