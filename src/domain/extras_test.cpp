// SPDX-License-Identifier: Apache-2.0
#include "domain/extras.h"

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

Extras by_factor(double factor) {
    return {.images = {}, .upscaler = "Lanczos", .factor = factor, .description = {}};
}

Extras to_size(std::int64_t width, std::int64_t height) {
    Extras extras = by_factor(2);
    extras.to_size = true;
    extras.width = width;
    extras.height = height;
    return extras;
}

TEST(Extras, ASideIsFlooredToEights) {
    EXPECT_EQ(upscaled_size(by_factor(2), {100, 101}), (PictureSize{200, 200}));
    EXPECT_EQ(upscaled_size(by_factor(1.5), {100, 15}), (PictureSize{144, 16}));
    EXPECT_EQ(upscaled_size(by_factor(0.1), {100, 50}), (PictureSize{8, 0}));
}

TEST(Extras, ToSizeCoversIt) {
    EXPECT_EQ(upscaled_size(to_size(512, 512), {256, 128}), (PictureSize{1024, 512}));
    EXPECT_EQ(upscaled_size(to_size(64, 512), {256, 128}), (PictureSize{1024, 512}));
}

TEST(Extras, ResultsThatAreEmptyOrTooLargeAreRefused) {
    EXPECT_TRUE(check_upscaled_sizes(by_factor(2), {{100, 100}}));
    EXPECT_EQ(
        check_upscaled_sizes(by_factor(0.01), {{100, 100}}).error().field, "upscaling_resize");
    EXPECT_FALSE(check_upscaled_sizes(by_factor(1e300), {{100, 100}}));
    EXPECT_FALSE(check_upscaled_sizes(by_factor(100), {{100, 100}}));
    EXPECT_EQ(
        check_upscaled_sizes(to_size(100000, 8), {{100, 100}}).error().field, "upscaling_resize_w");
    // Each would do, all of them not.
    const std::vector<PictureSize> three(3, {4096, 4096});
    EXPECT_TRUE(check_upscaled_sizes(by_factor(1.9), {three[0]}));
    EXPECT_FALSE(check_upscaled_sizes(by_factor(1.9), three));
    // No upscaler, no result of another size.
    Extras none = by_factor(100);
    none.upscaler = kNoUpscaler;
    EXPECT_TRUE(check_upscaled_sizes(none, three));
}

}  // namespace
}  // namespace darkroom::domain
