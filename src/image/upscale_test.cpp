// SPDX-License-Identifier: Apache-2.0
#include "image/upscale.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "image/test_pattern.h"

namespace darkroom::image {
namespace {

// Every hash here was computed with Pillow 9.4.

struct Case {
    UpscaleTarget target;
    std::string lanczos;
    std::string nearest;
    /// Of 0.3 of the second in the first.
    std::string blend;
};

TEST(Upscale, TakesTheFactorThenTheExactSize) {
    const std::vector<Case> cases = {
        {{2.0, 48, 32},
         "7e970664eece31ffd0c8d4699abfe4e5709151114becdbdbf17d544b88edfc35",
         "0d6c7b0f8581e70fcd14707ad76564876881ef822ec64a82b3608d62e2ed3513",
         "2dda4ba05951701d4479a1f4aa37d2e44dc93d99a73899f8b52b246b3d760795"},
        {{1.3, 32, 24},
         "3e15898ba417fbb3d1115a3b12d17659cc3e75645ac65c92554ee36d9cde7169",
         "e29da9889b2aa59f3dc2e46d0324718db0982df1587f2d0a19b8cfcec5083679",
         "2400042d770ee977c0e5d0e2d4866be9f843d92a48187f2144c43162e3d1d4aa"},
        {{0.5, 8, 8},
         "36785bbde84ffb0a7936474053d6370e2d840385cdcb8c6910618caa646146b0",
         "36785bbde84ffb0a7936474053d6370e2d840385cdcb8c6910618caa646146b0",
         "36785bbde84ffb0a7936474053d6370e2d840385cdcb8c6910618caa646146b0"}};
    const Image image = test_pattern(25, 19, 3);
    for (const Case& c : cases) {
        const Image lanczos = upscale(image, c.target, Filter::lanczos);
        const Image nearest = upscale(image, c.target, Filter::nearest);
        EXPECT_EQ(lanczos.width, c.target.width);
        EXPECT_EQ(lanczos.height, c.target.height);
        EXPECT_EQ(pixel_hash(lanczos), c.lanczos) << c.target.factor;
        EXPECT_EQ(pixel_hash(nearest), c.nearest) << c.target.factor;
        EXPECT_EQ(pixel_hash(blend(lanczos, nearest, 0.3)), c.blend) << c.target.factor;
    }
}

TEST(Upscale, AFactorThatChangesNothingEnds) {
    const Image image = test_pattern(2, 2, 3);
    EXPECT_EQ(upscale(image, {1.2, 8, 8}, Filter::nearest).width, 8u);
}

TEST(Blend, ItsEndsAreTheImages) {
    const Image a = test_pattern(5, 4, 4);
    const Image b = resize(test_pattern(4, 5, 4), 5, 4, Filter::box);
    EXPECT_EQ(blend(a, b, 0.0), a);
    EXPECT_EQ(blend(a, b, 1.0), b);
    EXPECT_THROW(blend(a, test_pattern(5, 4, 3), 0.5), ContractViolation);
}

TEST(CentredOnBlack, CutsWhatSticksOutAndPadsWhatIsMissing) {
    const Image image =
        upscale(test_pattern(25, 19, 3), {.factor = 2, .width = 48, .height = 32}, Filter::lanczos);
    EXPECT_EQ(
        pixel_hash(centred_on_black(image, 30, 30)),
        "a8f7998faf2776e3ed9acb77b5b11ec50aafb39bd90ffb512c0eda7735c22cf4");
    EXPECT_EQ(
        pixel_hash(centred_on_black(image, 21, 60)),
        "f06590f6bba4d0a2298db4b0f4bee12b6e2dd0fd90c624f9e64ce2f2baa27bc2");
    const Image clear{.width = 1, .height = 1, .channels = 4, .pixels = {9, 8, 7, 0}};
    EXPECT_EQ(centred_on_black(clear, 1, 1).pixels, (std::vector<std::uint8_t>{9, 8, 7}));
}

}  // namespace
}  // namespace darkroom::image
