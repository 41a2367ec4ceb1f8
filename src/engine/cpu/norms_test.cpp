// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "engine/cpu/test_support.h"

namespace darkroom::engine {
namespace {

class CpuNorms : public CpuAgainstReference {};

TEST_P(CpuNorms, GroupNormTakesEveryWidthAndSize) {
    for (const Shape& shape :
         {Shape{2, 1, 1, 32}, Shape{1, 3, 5, 64}, Shape{2, 16, 16, 40}, Shape{1, 70, 70, 96}}) {
        expect_same([&](Backend& backend) {
            return backend.group_norm(
                tensor(backend, shape, 1),
                floats(backend, {shape[3]}, 2),
                floats(backend, {shape[3]}, 3),
                {.groups = 8, .activation = Activation::silu});
        });
    }
}

TEST_P(CpuNorms, GroupNormKeepsItsDigitsFarFromZero) {
    // A mean a thousand times the deviation would ruin E[x^2] - E[x]^2 in f32.
    // The input is wide, since bf16 cannot hold such numbers.
    std::vector<float> values = noise(32 * 32 * 32, 1);
    for (float& value : values)
        value += 1024.0f;
    expect_same([&](Backend& backend) {
        return backend.group_norm(
            backend.upload(std::span<const float>(values), {1, 32, 32, 32}),
            floats(backend, {32}, 2),
            floats(backend, {32}, 3),
            {.groups = 4, .epsilon = 1e-6f});
    });
}

TEST_P(CpuNorms, LayerNormAndSoftmaxTakeEveryWidth) {
    for (const std::int64_t width : {1, 5, 16, 31, 320, 1283}) {
        expect_same([&](Backend& backend) {
            return backend.layer_norm(
                tensor(backend, {2, 3, width}, 1),
                floats(backend, {width}, 2),
                floats(backend, {width}, 3),
                {});
        });
        expect_same([&](Backend& backend) {
            return backend.softmax(
                tensor(backend, {4, width}, 1, {.scale = 8.0f, .shift = -90.0f}));
        });
    }
}

TEST_P(CpuNorms, ActivationsFollowTheirDefinitions) {
    for (const Activation activation :
         {Activation::silu, Activation::gelu, Activation::quick_gelu}) {
        expect_same([&](Backend& backend) {
            return backend.activate(tensor(backend, {1003}, 1, {.scale = 12.0f}), activation);
        });
    }
}

TEST_P(CpuNorms, ActivationsStayFiniteAtTheEnds) {
    const std::vector<float> ends = {-3e38f, -1000.0f, -90.0f, 90.0f, 1000.0f, 3e38f};
    for (const Activation activation :
         {Activation::silu, Activation::gelu, Activation::quick_gelu}) {
        const Tensor x = cpu_->upload(std::span<const float>(ends), {6});
        const std::vector<float> y = cpu_->download(cpu_->activate(x, activation));
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(y[i], 0.0f, 1e-30f);
        for (std::size_t i = 3; i < 6; ++i)
            EXPECT_EQ(y[i], ends[i]);
    }
}

TEST_P(CpuNorms, CastsRoundAsTheScalarConversionDoes) {
    std::vector<float> values = noise(1000, 9);
    values.push_back(1.00390625f);
    values.push_back(1.01171875f);
    values.push_back(std::numeric_limits<float>::infinity());
    values.push_back(3.4e38f);
    const Shape shape{std::ssize(values)};
    const Tensor bf16 =
        cpu_->cast(cpu_->upload(std::span<const float>(values), shape), DType::bf16);
    const auto bits = bf16.values<const BFloat16>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(bits[i].bits, to_bf16(values[i]).bits) << values[i];
    }
    EXPECT_EQ(cpu_->download(cpu_->cast(bf16, DType::f16))[0], to_f32(bits[0]));
}

TEST_P(CpuNorms, FindsTheOneNumberThatIsNotFinite) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
        for (const float bad : {std::nanf(""), -std::numeric_limits<float>::infinity()}) {
            std::vector<float> values = noise(70001, 3);
            const Shape shape{std::ssize(values)};
            const auto finite = [&] {
                const Tensor x = cpu_->upload(std::span<const float>(values), shape);
                return cpu_->all_finite(cpu_->cast(x, dtype));
            };
            EXPECT_TRUE(finite());
            values.back() = bad;
            EXPECT_FALSE(finite());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cpu, CpuNorms, testing::ValuesIn(every_cpu()), cpu_name);

}  // namespace
}  // namespace darkroom::engine
