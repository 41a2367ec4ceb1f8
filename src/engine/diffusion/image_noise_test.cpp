// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/image_noise.h"

#include <cmath>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

constexpr LatentShape kShape = {.channels = 4, .height = 8, .width = 12};

std::vector<float> fresh(std::uint64_t seed, const LatentShape& shape) {
    TorchCpuGenerator generator(seed);
    std::vector<float> values(
        static_cast<std::size_t>(shape.channels * shape.height * shape.width));
    generator.draw(values);
    return values;
}

class ImageNoiseTest : public testing::Test {
  protected:
    std::vector<std::vector<float>> draws(
        const NoiseOptions& options, int count, const LatentShape& shape = kShape) {
        ImageNoise noise(*backend_, shape, options);
        std::vector<std::vector<float>> result;
        for (int i = 0; i < count; ++i) {
            result.push_back(backend_->download(noise.next()));
        }
        return result;
    }

    std::unique_ptr<Backend> backend_ = make_reference_backend();
};

TEST_F(ImageNoiseTest, DrawsAreWholeLatents) {
    ImageNoise noise(*backend_, kShape, {.seed = 1});
    EXPECT_EQ(noise.next().shape(), (Shape{1, 4, 8, 12}));
    EXPECT_EQ(noise.next().dtype(), DType::f32);
}

TEST_F(ImageNoiseTest, LaterDrawsContinueTheImagesOwnGenerator) {
    TorchCpuGenerator generator(5);
    const auto drawn = draws({.seed = 5, .randn_source = RandnSource::cpu}, 3);
    for (const std::vector<float>& values : drawn) {
        std::vector<float> expected(values.size());
        generator.draw(expected);
        EXPECT_EQ(values, expected);
    }
}

TEST_F(ImageNoiseTest, SeedDeltaChangesEveryDrawButTheFirst) {
    const auto plain = draws({.seed = 5, .randn_source = RandnSource::cpu}, 2);
    const auto shifted =
        draws({.seed = 5, .randn_source = RandnSource::cpu, .eta_noise_seed_delta = 31337}, 3);
    EXPECT_EQ(shifted[0], plain[0]);
    const auto other = draws({.seed = 5 + 31337, .randn_source = RandnSource::cpu}, 2);
    EXPECT_EQ(shifted[1], other[0]);
    EXPECT_EQ(shifted[2], other[1]);
}

TEST_F(ImageNoiseTest, SubseedMixesOnlyTheFirstDraw) {
    NoiseOptions options = {.seed = 5, .subseed = 6, .randn_source = RandnSource::cpu};
    const auto plain = draws(options, 2);
    options.subseed_strength = 0.25F;
    const auto mixed = draws(options, 2);
    EXPECT_EQ(mixed[0], slerp(fresh(5, kShape), fresh(6, kShape), kShape, 0.25F));
    EXPECT_NE(mixed[0], plain[0]);
    EXPECT_EQ(mixed[1], plain[1]);
}

TEST_F(ImageNoiseTest, FullStrengthIsTheSubseedsNoise) {
    const auto mixed = draws(
        {.seed = 5, .subseed = 6, .subseed_strength = 1.0F, .randn_source = RandnSource::cpu}, 1);
    const std::vector<float> expected = fresh(6, kShape);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(mixed[0][i], expected[i], 1e-6F);
    }
}

TEST_F(ImageNoiseTest, SmallerSeedSizeIsPastedInTheMiddle) {
    const auto resized = draws(
        {.seed = 5,
         .seed_resize_from_w = 40,
         .seed_resize_from_h = 48,
         .randn_source = RandnSource::cpu},
        2);
    const LatentShape small = {.channels = 4, .height = 6, .width = 5};
    const std::vector<float> pasted = fresh(5, small);
    const auto plain = draws({.seed = 5, .randn_source = RandnSource::cpu}, 2);
    for (std::size_t i = 0; i < resized[0].size(); ++i) {
        const std::size_t channel = i / 96;
        const std::size_t row = i / 12 % 8;
        const std::size_t column = i % 12;
        const bool is_inside = row >= 1 && row < 7 && column >= 3 && column < 8;
        const float expected =
            is_inside ? pasted[channel * 30 + (row - 1) * 5 + column - 3] : plain[0][i];
        EXPECT_EQ(resized[0][i], expected) << i;
    }
    EXPECT_EQ(resized[1], plain[1]);
}

TEST_F(ImageNoiseTest, LargerSeedSizeIsCroppedAsA1111Rounds) {
    const LatentShape target = {.channels = 4, .height = 4, .width = 4};
    const NoiseOptions options = {
        .seed = 5,
        .seed_resize_from_w = 56,
        .seed_resize_from_h = 64,
        .randn_source = RandnSource::cpu};
    const auto resized = draws(options, 1, target);
    const std::vector<float> pasted = fresh(5, {.channels = 4, .height = 8, .width = 7});
    const std::vector<float> own = fresh(5, target);
    for (std::size_t i = 0; i < resized[0].size(); ++i) {
        const std::size_t channel = i / 16;
        const std::size_t row = i / 4 % 4;
        const std::size_t column = i % 4;
        // (4 - 7) // 2 = -2: columns 2, 3, 4 of 7 land on 0, 1, 2, and 3 keeps its own noise.
        const float expected =
            column < 3 ? pasted[channel * 56 + (row + 2) * 7 + column + 2] : own[i];
        EXPECT_EQ(resized[0][i], expected) << i;
    }
}

TEST_F(ImageNoiseTest, SeedSizeBelowOneLatentPixelPastesNothing) {
    NoiseOptions options = {
        .seed = 5,
        .subseed = 6,
        .subseed_strength = 0.5F,
        .seed_resize_from_w = 40,
        .seed_resize_from_h = 4,
        .randn_source = RandnSource::cpu};
    EXPECT_EQ(draws(options, 1)[0], fresh(5, kShape));
}

TEST_F(ImageNoiseTest, HugeSeedSizesAreRefused) {
    const NoiseOptions wide = {.seed_resize_from_w = 2'000'000'000, .seed_resize_from_h = 8};
    const NoiseOptions high = {.seed_resize_from_w = 8, .seed_resize_from_h = 2'000'000'000};
    ASSERT_FALSE(validate(wide).has_value());
    EXPECT_EQ(validate(wide).error().field, "seed_resize_from_w");
    EXPECT_EQ(validate(high).error().field, "seed_resize_from_h");
    EXPECT_THROW(ImageNoise(*backend_, kShape, wide), ContractViolation);
    EXPECT_FALSE(validate({.subseed_strength = std::nanf("")}).has_value());
    EXPECT_TRUE(validate({.subseed_strength = -0.5F, .seed_resize_from_w = -1}).has_value());
}

TEST(Slerp, TurnsColumnsAlongTheHeightAxis) {
    const LatentShape shape = {.channels = 1, .height = 2, .width = 2};
    // Column 0 turns from (1, 0) to (0, 1); column 1 from (0, 2) to (2, 0).
    const std::vector<float> low = {1.0F, 0.0F, 0.0F, 2.0F};
    const std::vector<float> high = {0.0F, 2.0F, 1.0F, 0.0F};
    const std::vector<float> middle = slerp(low, high, shape, 0.5F);
    const float half = std::sqrt(0.5F);
    const std::vector<float> expected = {half, 2 * half, half, 2 * half};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(middle[i], expected[i], 1e-6F);
    }
    EXPECT_EQ(slerp(low, high, shape, 0.0F), low);
}

TEST(Slerp, AlmostEqualInputsAreMixedWithTheStrengthOnTheFirst) {
    const LatentShape shape = {.channels = 1, .height = 2, .width = 1};
    const std::vector<float> low = {1.0F, 1.0F};
    const std::vector<float> high = {1.001F, 1.001F};
    const std::vector<float> mixed = slerp(low, high, shape, 1.0F);
    EXPECT_FLOAT_EQ(mixed[0], 1.0F);
    EXPECT_FLOAT_EQ(slerp(low, high, shape, 0.25F)[0], 0.25F + 0.75F * 1.001F);
}

}  // namespace
}  // namespace darkroom::engine
