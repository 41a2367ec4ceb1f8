// SPDX-License-Identifier: Apache-2.0
#include "agent/init_pictures.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "agent/rendering.h"
#include "image/png.h"

namespace darkroom::agent {
namespace {

using image::Image;

struct Rgb {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
};

Image plain(std::size_t width, std::size_t height, Rgb colour) {
    Image image{.width = width, .height = height, .channels = 3};
    for (std::size_t i = 0; i < width * height; ++i)
        image.pixels.insert(image.pixels.end(), {colour.red, colour.green, colour.blue});
    return image;
}

constexpr Rgb kBlack{0, 0, 0};
constexpr Rgb kWhite{255, 255, 255};
constexpr Rgb kRed{255, 0, 0};

/// Black, with a white box.
Image boxed(std::size_t width, std::size_t height, const image::Box& box) {
    Image mask = plain(width, height, kBlack);
    image::paste(plain(box.size().width, box.size().height, kWhite), mask, {box.x1, box.y1});
    return mask;
}

class InitPictures : public ::testing::Test {
  protected:
    InitPictures() {
        generation_.width = 64;
        generation_.height = 64;
        generation_.steps = 4;
        generation_.sampler = "Euler";
        generation_.init = domain::InitImages{.pictures = {"picture"}};
        generation_.init->mask_blur_x = generation_.init->mask_blur_y = 0;
        generation_.init->masked_content = 1;
    }

    domain::InitImages& init() { return *generation_.init; }

    Result<Drawing> draw(const std::vector<Image>& pictures) {
        std::vector<std::vector<std::byte>> files;
        for (const Image& picture : pictures)
            files.push_back(image::encode_png(picture, {}).value());
        const std::vector<std::span<const std::byte>> inputs(files.begin(), files.end());
        return drawing_of(generation_, inputs);
    }

    domain::Generation generation_;
};

TEST_F(InitPictures, AreBroughtToTheSizeThatIsDrawn) {
    const auto drawing = draw({plain(100, 50, kRed)});
    ASSERT_TRUE(drawing) << drawing.error().message;
    EXPECT_EQ(drawing->request.init->pictures, std::vector{plain(64, 64, kRed)});
    EXPECT_EQ(drawing->request.init->strength, 0.75);
    EXPECT_TRUE(drawing->request.init->mask.empty());
    EXPECT_TRUE(drawing->overlays.empty());
}

TEST_F(InitPictures, TransparentPlacesAreWhite) {
    Image clear{.width = 64, .height = 64, .channels = 4};
    clear.pixels.resize(64 * 64 * 4);
    EXPECT_EQ(draw({clear})->request.init->pictures, std::vector{plain(64, 64, kWhite)});
}

TEST_F(InitPictures, AMaskOfTheWholePictureWeighsItsLatent) {
    init().mask = "mask";
    init().is_only_masked = false;
    const auto drawing = draw({plain(64, 64, kRed), boxed(64, 64, {32, 0, 64, 64})});
    ASSERT_TRUE(drawing) << drawing.error().message;
    const std::vector<float>& mask = drawing->request.init->mask;
    ASSERT_EQ(mask.size(), 64u);
    EXPECT_EQ(mask[0], 0.0F);
    EXPECT_EQ(mask[7], 1.0F);
    init().is_mask_inverted = true;
    const auto inverted = draw({plain(64, 64, kRed), boxed(64, 64, {32, 0, 64, 64})});
    EXPECT_EQ(inverted->request.init->mask[0], 1.0F);
}

TEST_F(InitPictures, WhatTheMaskKeepsStaysByteForByte) {
    init().mask = "mask";
    init().mask_blur_x = init().mask_blur_y = 4;
    for (const bool only_masked : {false, true}) {
        init().is_only_masked = only_masked;
        const auto drawing = draw({plain(64, 64, kRed), boxed(64, 64, {40, 40, 56, 56})});
        ASSERT_TRUE(drawing) << drawing.error().message;
        const Image result = lay_over(drawing->overlays, {plain(64, 64, kBlack)})->front();
        std::size_t repainted = 0;
        for (std::size_t i = 0; i < result.pixels.size(); i += 3) {
            const std::size_t x = i / 3 % 64;
            const std::size_t y = i / 3 / 64;
            const bool changed = result.pixels[i] != 255;
            repainted += changed ? 1 : 0;
            // Ten pixels are the reach of the blur.
            EXPECT_FALSE(changed && (x < 30 || y < 30)) << x << ' ' << y;
        }
        EXPECT_GT(repainted, 16u * 16u);
        EXPECT_LT(result.pixels[(48 * 64 + 48) * 3], 32);
    }
}

TEST_F(InitPictures, OnlyTheMaskedPartIsDrawnAndPutBackInItsPlace) {
    init().mask = "mask";
    Image picture = plain(200, 100, kRed);
    image::paste(plain(20, 20, kBlack), picture, {100, 40});
    const auto drawing = draw({picture, boxed(200, 100, {100, 40, 120, 60})});
    ASSERT_TRUE(drawing) << drawing.error().message;
    EXPECT_EQ(drawing->request.init->pictures, std::vector{plain(64, 64, kBlack)});
    EXPECT_EQ(drawing->request.init->mask, std::vector<float>(64, 1.0F));
    const Image result = lay_over(drawing->overlays, {plain(64, 64, kWhite)})->front();
    Image expected = picture;
    image::paste(plain(20, 20, kWhite), expected, {100, 40});
    EXPECT_EQ(result, expected);
}

TEST_F(InitPictures, ABlankMaskIsNoMaskWhenOnlyItsPartWouldBeDrawn) {
    init().mask = "mask";
    const auto drawing = draw({plain(64, 64, kRed), plain(64, 64, kBlack)});
    ASSERT_TRUE(drawing) << drawing.error().message;
    EXPECT_TRUE(drawing->request.init->mask.empty());
    EXPECT_TRUE(drawing->overlays.empty());
}

TEST_F(InitPictures, TheMaskedPartIsFilledFromItsSurroundingsUnlessItIsTheOriginal) {
    init().mask = "mask";
    init().is_only_masked = false;
    Image picture = plain(64, 64, kRed);
    image::paste(plain(16, 16, kBlack), picture, {24, 24});
    const Image mask = boxed(64, 64, {24, 24, 40, 40});
    EXPECT_EQ(draw({picture, mask})->request.init->pictures, std::vector{picture});
    for (const std::int64_t content : {0, 2, 3}) {
        init().masked_content = content;
        const Image filled = draw({picture, mask})->request.init->pictures.front();
        const std::size_t middle = (32 * 64 + 32) * 3;
        EXPECT_GT(filled.pixels[middle], 240);
    }
}

TEST_F(InitPictures, EveryPictureHasItsOwnOverlay) {
    init().mask = "mask";
    init().is_only_masked = false;
    init().pictures = {"a", "b"};
    generation_.batch_size = 2;
    const Image none = plain(64, 64, kBlack);
    const auto drawing = draw({plain(64, 64, kRed), plain(64, 64, kWhite), none});
    ASSERT_TRUE(drawing) << drawing.error().message;
    const auto results = lay_over(drawing->overlays, {none, none, none, none});
    EXPECT_EQ((*results)[2], plain(64, 64, kRed));
    EXPECT_EQ((*results)[3], plain(64, 64, kWhite));
}

TEST_F(InitPictures, FilesThatAreMissingOrNoPicturesAreRefused) {
    EXPECT_EQ(draw({}).error().code, ErrorCode::invalid_argument);
    init().mask = "mask";
    EXPECT_EQ(draw({plain(64, 64, kRed)}).error().code, ErrorCode::invalid_argument);
    init().mask.clear();
    const std::vector<std::byte> noise(100);
    EXPECT_FALSE(drawing_of(generation_, {noise}));
}

}  // namespace
}  // namespace darkroom::agent
