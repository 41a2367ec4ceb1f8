// SPDX-License-Identifier: Apache-2.0
// Hashes are of what Pillow 9.5's own calls make of the same pictures in A1111's order.

#include <algorithm>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "image/inpaint/fit.h"
#include "image/inpaint/mask.h"
#include "image/inpaint/overlay.h"
#include "image/inpaint/surroundings.h"

namespace darkroom::image {
namespace {

constexpr Size kSize{37, 23};

Image pattern(Size size, std::size_t channels = 3) {
    Image image = blank(size, channels);
    std::size_t i = 0;
    for (std::size_t y = 0; y < size.height; ++y) {
        for (std::size_t x = 0; x < size.width; ++x) {
            for (std::size_t c = 0; c < channels; ++c)
                image.pixels[i++] =
                    static_cast<std::uint8_t>(x * x * 7 + y * 13 + c * 29 + x * y * (c + 1));
        }
    }
    return image;
}

/// A white disc with a soft edge.
Image disc(Size size) {
    Image mask = blank(size, 1);
    for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
        const auto x = static_cast<int>(i % size.width) - static_cast<int>(size.width / 2);
        const auto y = static_cast<int>(i / size.width) - static_cast<int>(size.height / 3);
        const int distance = x * x + y * y;
        const int edge = distance < 100 ? std::min((100 - distance) * 4, 255) : 0;
        mask.pixels[i] = static_cast<std::uint8_t>(distance < 40 ? 255 : edge);
    }
    return mask;
}

std::string hash(const Image& image) {
    return sha256_hex(std::string(image.pixels.begin(), image.pixels.end()));
}

struct Fitted {
    ResizeMode mode;
    Size size;
    const char* hash;
};

class Fit : public testing::TestWithParam<Fitted> {};

TEST_P(Fit, GivesPillowsBytes) {
    const Fitted& wanted = GetParam();
    const auto fitted = fit(pattern(kSize), wanted.size, wanted.mode);
    ASSERT_TRUE(fitted);
    EXPECT_EQ(hash(*fitted), wanted.hash);
}

INSTANTIATE_TEST_SUITE_P(
    Modes,
    Fit,
    testing::Values(
        Fitted{
            ResizeMode::stretch,
            {32, 32},
            "c62d21d23edda673b00ddb48e7c95a67dee6e7b48efeb22ba87a82cb1e8712b7"},
        Fitted{
            ResizeMode::stretch,
            {16, 40},
            "a898d061dd8d40e06219f775163f632a1bd6896efa816b2eee2c36e7bdaf4bf4"},
        Fitted{
            ResizeMode::stretch,
            {48, 24},
            "04d345f2ad6e62b69952c1a5223fa6773618203f685781cb7bb010d9d67e40e4"},
        Fitted{
            ResizeMode::stretch,
            {64, 16},
            "3e5f8588afdb143287432d976739905dc94614ed7c054a07f175156b9cafb9c5"},
        Fitted{
            ResizeMode::crop,
            {32, 32},
            "559a6838f9206dd7902a8b1f8e2b4b1aa9a7c4befb91721970328cc5d54871e3"},
        Fitted{
            ResizeMode::crop,
            {16, 40},
            "b54735b26ec45d8478eb587f44c47c1410e5a28cb1f6e94f65ee33a1c2e55d35"},
        Fitted{
            ResizeMode::crop,
            {48, 24},
            "15761c4115f1961c29f4faf0c3994d6a98559131cc0064b5f2f6b9357c367605"},
        Fitted{
            ResizeMode::crop,
            {64, 16},
            "f8e62d48dcb7a444c2321f1841efe5e0ecc2601a101bf679080fe96bfafcf42d"},
        Fitted{
            ResizeMode::fill,
            {32, 32},
            "f6ebe287ea87cb3007ccb3e7647e521cc6ff0a19b237b29a3f597e9d651e0392"},
        Fitted{
            ResizeMode::fill,
            {16, 40},
            "d1ff09d0a21babbb077ca7986321334f4488e4866861850f25499bb96fbae337"},
        Fitted{
            ResizeMode::fill,
            {48, 24},
            "f402df730e78f9e8fa38782a53da8dad52e1cff17d01fe7b686d43bd06b91562"},
        Fitted{
            ResizeMode::fill,
            {64, 16},
            "6c65fbbe4340a2200e2323eddd8b44d8bcffed91bcf992b2202071003da00054"}));

TEST(FitRefusal, ProportionsThatTakeTooMuchMemoryAreRefused) {
    const auto fitted = fit(pattern({4000, 1}), {16384, 16384}, ResizeMode::crop);
    ASSERT_FALSE(fitted);
    EXPECT_EQ(fitted.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(fit(pattern({4000, 1}), {64, 64}, ResizeMode::fill));
}

TEST(Surroundings, GivePillowsBytes) {
    EXPECT_EQ(
        hash(filled_from_surroundings(pattern(kSize), disc(kSize))),
        "c9970adee5716d04df8223a0dee679a0457d1433267e4c3ac1c66dda1f102e7d");
    EXPECT_EQ(
        hash(filled_from_surroundings(pattern({90, 70}), disc({90, 70}))),
        "a63d348e50079616e272fc1f0ca622e25e62a7d90bcce1567a65e7a771b2f11b");
}

TEST(Surroundings, WhatTheMaskKeepsStaysAsItIs) {
    const Image picture = pattern(kSize);
    EXPECT_EQ(filled_from_surroundings(picture, blank(kSize, 1)), picture);
}

TEST(OverlayTest, GivesPillowsBytes) {
    Image negative = pattern(kSize);
    for (std::uint8_t& value : negative.pixels)
        value = static_cast<std::uint8_t>(255 - value);
    const Overlay whole(pattern(kSize), disc(kSize), std::nullopt);
    EXPECT_EQ(
        hash(whole.apply(negative).value()),
        "2f05f458ecf16632917c0f797f918115fd1dc8ebb9e006f00312126aca98c88a");
    const Overlay part(pattern(kSize), disc(kSize), Box{8, 0, 29, 17});
    EXPECT_EQ(
        hash(part.apply(pattern({32, 32})).value()),
        "9fd5e4c11ebe7851ebc00b10f673d410866ed51f0afafcca81981463507eb77c");
}

TEST(OverlayTest, WhatTheMaskKeepsIsTheOriginalByteForByte) {
    const Image original = pattern(kSize);
    const Image mask = disc(kSize);
    const Image other = blank({64, 64}, 3);
    const Image result = Overlay(original, mask, Box{8, 0, 29, 19}).apply(other).value();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
        if (mask.pixels[i] != 0) continue;
        ++kept;
        for (std::size_t c = 0; c < 3; ++c)
            EXPECT_EQ(result.pixels[i * 3 + c], original.pixels[i * 3 + c]);
    }
    EXPECT_GT(kept, 400u);
    EXPECT_LT(kept, mask.pixels.size());
}

TEST(Mask, IsTheAlphaWhereThereIsAnyElseTheLuminance) {
    Image picture = blank({2, 1}, 4);
    picture.pixels = {255, 255, 255, 129, 255, 255, 255, 128};
    EXPECT_EQ(mask_from(picture, true).pixels, (std::vector<std::uint8_t>{255, 0}));
    EXPECT_EQ(mask_from(picture, false).pixels, (std::vector<std::uint8_t>{129, 128}));
    picture.pixels = {255, 255, 255, 255, 0, 200, 0, 255};
    EXPECT_EQ(mask_from(picture, true).pixels, (std::vector<std::uint8_t>{255, 117}));
    EXPECT_EQ(inverted(mask_from(picture, true)).pixels, (std::vector<std::uint8_t>{0, 138}));
    EXPECT_EQ(doubled(mask_from(picture, true)).pixels, (std::vector<std::uint8_t>{255, 234}));
}

TEST(Mask, ItsBoxIsPaddedWithinThePicture) {
    Image mask = blank({40, 30}, 1);
    EXPECT_FALSE(repainted_box(mask, 4));
    mask.pixels[10 * 40 + 2] = 1;
    mask.pixels[12 * 40 + 7] = 255;
    EXPECT_EQ(repainted_box(mask, 0), (Box{2, 10, 8, 13}));
    EXPECT_EQ(repainted_box(mask, 4), (Box{0, 6, 12, 17}));
    EXPECT_EQ(repainted_box(mask, 1000), (Box{0, 0, 40, 30}));
}

TEST(Mask, ItsBoxGrowsToTheProportionsThatAreDrawn) {
    const Size square{64, 64};
    const Size outer{40, 30};
    // 6 x 3: three rows more, one above and two below.
    EXPECT_EQ(grown_to_proportions({2, 10, 8, 13}, square, outer), (Box{2, 9, 8, 15}));
    // At the edge it is shifted.
    EXPECT_EQ(grown_to_proportions({0, 20, 2, 30}, square, outer), (Box{0, 20, 10, 30}));
    EXPECT_EQ(grown_to_proportions({38, 0, 40, 10}, square, outer), (Box{30, 0, 40, 10}));
    // And cut where the picture is too small.
    EXPECT_EQ(grown_to_proportions({0, 10, 40, 12}, square, outer), (Box{0, 0, 40, 30}));
}

TEST(Mask, ItsLatentWeightsAreRoundedOrNot) {
    const std::vector<float> weights = latent_weights(disc(kSize), {5, 4}, false);
    ASSERT_EQ(weights.size(), 20u);
    EXPECT_FLOAT_EQ(weights[1], 104.0F / 255.0F);
    EXPECT_FLOAT_EQ(weights[2], 244.0F / 255.0F);
    EXPECT_FLOAT_EQ(weights[6], 145.0F / 255.0F);
    const std::vector<float> rounded = latent_weights(disc(kSize), {5, 4}, true);
    EXPECT_EQ(
        rounded, (std::vector<float>{0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace darkroom::image
