// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::image {
namespace {

TEST(ToImage, ClampsAndTruncates) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    // (0 + 1) / 2 * 255 = 127.5 and (0.99 + 1) / 2 * 255 = 253.7 lose their fraction.
    const std::vector<float> rgb = {-1.0F, 0.0F, 1.0F, -3.0F, 0.99F, 3.0F, nan, -inf, inf};
    const Image image = to_image(rgb, 3, 1);
    EXPECT_EQ(image.width, 3u);
    EXPECT_EQ(image.height, 1u);
    EXPECT_EQ(image.channels, 3u);
    EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{0, 127, 255, 0, 253, 255, 0, 0, 255}));
}

TEST(ToImage, RefusesAnotherNumberOfValues) {
    EXPECT_THROW(to_image(std::vector<float>(12), 1, 3), ContractViolation);
}

}  // namespace
}  // namespace darkroom::image
