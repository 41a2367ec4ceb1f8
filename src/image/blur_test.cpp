// SPDX-License-Identifier: Apache-2.0
#include "image/blur.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "image/test_pattern.h"

namespace darkroom::image {
namespace {

using Samples = std::vector<std::uint8_t>;

// Every expectation here was computed with OpenCV 5.0.

TEST(GaussianBlur, SpreadsOnePixelWithOpenCvsWeights) {
    Image image{.width = 21, .height = 1, .channels = 1, .pixels = Samples(21)};
    image.pixels[10] = 255;
    EXPECT_EQ(
        gaussian_blur(image, {.x = 4}).pixels,
        (Samples{2, 2, 4, 5, 9, 11, 16, 19, 23, 25, 26, 25, 23, 19, 16, 11, 9, 5, 4, 2, 2}));
}

TEST(GaussianBlur, MirrorsAtTheBorder) {
    EXPECT_EQ(
        gaussian_blur(test_pattern(6, 2, 1), {.x = 1}).pixels,
        (Samples{29, 49, 96, 149, 172, 168, 134, 132, 132, 107, 92, 101}));
    const Image one{.width = 1, .height = 1, .channels = 1, .pixels = {9}};
    EXPECT_EQ(gaussian_blur(one, {.x = 4, .y = 4}), one);
}

struct Case {
    int sigma;
    std::size_t width;
    std::size_t height;
    std::string hash;
};

TEST(GaussianBlur, IsOpenCvsForNarrowAndWideKernels) {
    const std::vector<Case> cases = {
        {1, 40, 30, "7c789e85d8160530b680ec9c54ad147c9732d756ee8de8923357bdb44035543d"},
        {1, 9, 50, "7b32e7cb13c5536d6ba2f01f14f538af7fa758bc214d557ccecc475277babcbc"},
        {2, 40, 30, "f9482189e9b799eca8ae837332a243bb7e888e4ec18006cb670bcede11e85918"},
        {4, 40, 30, "bb2d74d18ab79cc7b3b8a5d655c1d2ca5d52c9ce7b17151756b91422c2955f5f"},
        {4, 9, 50, "b0a540f770cfd06fb9a35e8dc46e59b6c4864026c0d5aa9486f51c98a268d2f7"},
        {4, 1, 7, "c43de9364b4afa17b4dd8db52d3b528e1a768092ea0143807a09de48a9e1d68f"},
        {16, 40, 30, "4e68475066ccf813e9d0a0ec196ac7686a03de672c66f22a3a45441529cdbb1d"},
        {64, 40, 30, "8589e1960654b0d3ef1b526291fd1943bb9656b248c3dad25d3efa6c7bb9a896"},
    };
    for (const Case& c : cases) {
        const Image image = test_pattern(c.width, c.height, 1);
        EXPECT_EQ(pixel_hash(gaussian_blur(image, {.x = c.sigma, .y = c.sigma})), c.hash)
            << c.sigma << " " << c.width << "x" << c.height;
    }
}

TEST(GaussianBlur, ChannelsDoNotMix) {
    Image image = test_pattern(12, 9, 3);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        image.pixels[i] = 77;
    const Image blurred = gaussian_blur(image, {.x = 2, .y = 3});
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        EXPECT_EQ(blurred.pixels[i], 77);
}

TEST(GaussianBlur, ZeroLeavesADirectionAlone) {
    const Image image = test_pattern(8, 8, 1);
    EXPECT_EQ(gaussian_blur(image, {}), image);
    EXPECT_THROW(gaussian_blur(image, {.x = -1}), ContractViolation);
}

}  // namespace
}  // namespace darkroom::image
