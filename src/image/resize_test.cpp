// SPDX-License-Identifier: Apache-2.0
#include "image/resize.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "image/colour.h"
#include "image/test_pattern.h"

namespace darkroom::image {
namespace {

using Samples = std::vector<std::uint8_t>;

// Every expectation here was computed with Pillow 9.4.

TEST(Resize, IsPillowsForASmallGreyImage) {
    const Image image = test_pattern(5, 4, 1);
    const auto resized = [&image](Filter filter) { return resize(image, 7, 3, filter).pixels; };
    EXPECT_EQ(resized(Filter::nearest), (Samples{0,  38, 38, 90, 156, 156, 236, 20, 198, 198, 134,
                                                 84, 84, 48, 43, 35,  35,  41,  61, 61,  95}));
    EXPECT_EQ(resized(Filter::box), (Samples{0,   38,  38, 90, 156, 156, 236, 56, 199, 199, 100,
                                             143, 143, 72, 43, 35,  35,  41,  61, 61,  95}));
    EXPECT_EQ(
        resized(Filter::bilinear), (Samples{27,  61,  85, 83, 144, 180, 194, 56, 138, 171, 100,
                                            130, 113, 72, 36, 63,  80,  69,  68, 74,  81}));
    EXPECT_EQ(resized(Filter::bicubic), (Samples{25,  55,  79, 80, 149, 193, 206, 49, 150, 193, 102,
                                                 137, 112, 60, 31, 57,  77,  68,  60, 68,  82}));
    EXPECT_EQ(resized(Filter::lanczos), (Samples{27,  56,  74, 76, 147, 202, 207, 44, 157, 209, 104,
                                                 139, 114, 51, 26, 52,  79,  71,  54, 65,  83}));
}

struct Case {
    Filter filter;
    std::size_t width;
    std::size_t height;
    std::size_t channels;
    std::size_t new_width;
    std::size_t new_height;
    std::string hash;
};

TEST(Resize, IsPillowsForEveryFilterUpAndDownAndForOneDirection) {
    const std::vector<Case> cases = {
        {Filter::nearest,
         37,
         29,
         3,
         64,
         64,
         "0720502b6f049bc8387d981e35d271eaff586354480ed95001cf5006779a2745"},
        {Filter::nearest,
         64,
         48,
         3,
         24,
         17,
         "8c343f888ce275fa7a76ea4a448b2ea522288ad34cb59bc9b1785e8a93c1ce57"},
        {Filter::nearest,
         33,
         20,
         4,
         50,
         31,
         "82bc2d0667b7254dc22ad309945b311fbe6035ea43980eeb45d36d8edf41c326"},
        {Filter::nearest,
         40,
         40,
         4,
         13,
         16,
         "26fb1fc3601e21f770c1a926ec3304e2aa5fdf404fb41690e7ed87199642ab80"},
        {Filter::nearest,
         100,
         3,
         1,
         9,
         30,
         "16da622015880edba1756aa09f62198e860b44a084de9c47b6ee9b92685ae141"},
        {Filter::nearest,
         31,
         17,
         3,
         31,
         40,
         "b07f23b86690a9c9590a9357b3d696d480e36571d132743fec5463957d8965e8"},
        {Filter::nearest,
         31,
         17,
         3,
         62,
         17,
         "5e313ec433cec8e2e17eb8cc9868d4ef3c542a9bdff8a3965155ed80df11ccaf"},
        {Filter::box,
         37,
         29,
         3,
         64,
         64,
         "0720502b6f049bc8387d981e35d271eaff586354480ed95001cf5006779a2745"},
        {Filter::box,
         64,
         48,
         3,
         24,
         17,
         "ed232900f9585e7ccb4e242cf617937277de4a05a90c631e784cf884cc8faad1"},
        {Filter::box,
         33,
         20,
         4,
         50,
         31,
         "a9c8dcd17a1839b495acd66f5ab691984f8b3bcd27fc762fc63164a50964c8e5"},
        {Filter::box,
         40,
         40,
         4,
         13,
         16,
         "3cb5263de38c84e93417762b7ba35dc68049683e6bdbda39458333d70a7dd107"},
        {Filter::box,
         100,
         3,
         1,
         9,
         30,
         "beb164ad72fc4b072b36aaf24bb3c851fef66dfa82e8e91e4b02ed1a785de43b"},
        {Filter::box,
         31,
         17,
         3,
         31,
         40,
         "b07f23b86690a9c9590a9357b3d696d480e36571d132743fec5463957d8965e8"},
        {Filter::box,
         31,
         17,
         3,
         62,
         17,
         "5e313ec433cec8e2e17eb8cc9868d4ef3c542a9bdff8a3965155ed80df11ccaf"},
        {Filter::bilinear,
         37,
         29,
         3,
         64,
         64,
         "098ad5ccc85f5984c30e2318521b782c1a9ac346abd8c4ea28c7bb109ad99faf"},
        {Filter::bilinear,
         64,
         48,
         3,
         24,
         17,
         "27bffcc363a51bdc0203980d7acf940a136486ab5cc49fba5315f18fca553b3c"},
        {Filter::bilinear,
         33,
         20,
         4,
         50,
         31,
         "a46050ef1b45971af8ed86cfd784db04f9fdec25f0c0fcc60e18c19839eae4d5"},
        {Filter::bilinear,
         40,
         40,
         4,
         13,
         16,
         "82c881555850f8d5a82b27db536081b3456541e853e4f00d32558d7256031430"},
        {Filter::bilinear,
         100,
         3,
         1,
         9,
         30,
         "175cef6714455c49111e7fc3c665fd67c408e77093bbd81eb9d9711c686de152"},
        {Filter::bilinear,
         31,
         17,
         3,
         31,
         40,
         "b23ad7d5f526313a049894d692427ee02eebd4f66b749167c6f73ca78aabae86"},
        {Filter::bilinear,
         31,
         17,
         3,
         62,
         17,
         "dc477fbd2c94601ec3eb3101739afba00c0c4af0028f4bda93a14cd6816668d6"},
        {Filter::bicubic,
         37,
         29,
         3,
         64,
         64,
         "a2f06b57d690b6fa94deb305da75b785578c7502284de0fe397ca21f9da83cdf"},
        {Filter::bicubic,
         64,
         48,
         3,
         24,
         17,
         "5c176b3cb51dba0beb8d139037526339da0463c0a5b46c39cd38620a33c0e8a4"},
        {Filter::bicubic,
         33,
         20,
         4,
         50,
         31,
         "fd3b1fac69cfffdb9acf4de0dd9edbd8d63b0dc5446949e6fcd9deaf8d03d807"},
        {Filter::bicubic,
         40,
         40,
         4,
         13,
         16,
         "557c3d882b333130ae3ea1e3d59bde69752dd686442bbdc994730a0d7c4bf5f2"},
        {Filter::bicubic,
         100,
         3,
         1,
         9,
         30,
         "cacf90cc52ee8bf92c64247df4825d4748d8162a5df05dc0ba0ae9bf860e878a"},
        {Filter::bicubic,
         31,
         17,
         3,
         31,
         40,
         "6ca978e7296c830b268c3df8576252c225c2cb0e46a55fc66e590941ec0bd57b"},
        {Filter::bicubic,
         31,
         17,
         3,
         62,
         17,
         "6c89d527ece1d6b44e869f63c989f464ac54a7f46291d3e6d35b974972aa658e"},
        {Filter::lanczos,
         37,
         29,
         3,
         64,
         64,
         "5b81582f571a1a63a711dad2eba701e1a5164b5ce96f0a997da1d818dae2d42c"},
        {Filter::lanczos,
         64,
         48,
         3,
         24,
         17,
         "587cd760bea147cc599aca5525f7b1517003255f110cc7fe9ab998defeb51469"},
        {Filter::lanczos,
         33,
         20,
         4,
         50,
         31,
         "e8705ce84fc6d1b261ee6bf07a6341f0202734ed1d4c5ad2d26b1c1d4fc3d113"},
        {Filter::lanczos,
         40,
         40,
         4,
         13,
         16,
         "91e9ce98984927eb11a710314b2d30358527b90af9bfd30c707b2246cdd066da"},
        {Filter::lanczos,
         100,
         3,
         1,
         9,
         30,
         "1bb2409e36ef2f677d0adbacc13622b568f6c5bfa34a4604eef98e94c3c8fc6f"},
        {Filter::lanczos,
         31,
         17,
         3,
         31,
         40,
         "9f7470fcd25ed8e9f34275a6c94bce5ff92aa73e9c3d55d69d2a75d6e13f68eb"},
        {Filter::lanczos,
         31,
         17,
         3,
         62,
         17,
         "7f1b1805abd19007ffe498fa8b94d86596a7d6ef609359e4fa3c4b54fe2cd453"},
    };
    for (const Case& c : cases) {
        const Image image = test_pattern(c.width, c.height, c.channels);
        const Image resized = resize(image, c.new_width, c.new_height, c.filter);
        EXPECT_EQ(resized.width, c.new_width);
        EXPECT_EQ(resized.height, c.new_height);
        EXPECT_EQ(resized.channels, c.channels);
        EXPECT_EQ(pixel_hash(resized), c.hash)
            << static_cast<int>(c.filter) << " " << c.width << "x" << c.height << "x" << c.channels
            << " to " << c.new_width << "x" << c.new_height;
    }
}

TEST(Resize, TheSameSizeIsTheSameImage) {
    const Image image = test_pattern(9, 7, 4);
    EXPECT_EQ(resize(image, 9, 7, Filter::lanczos), image);
}

TEST(Resize, HiddenColoursDoNotBleedIntoVisibleOnes) {
    Image image{.width = 2, .height = 1, .channels = 4, .pixels = {255, 0, 0, 0, 0, 0, 255, 255}};
    const Image small = resize(image, 1, 1, Filter::box);
    EXPECT_EQ(small.pixels, (Samples{0, 0, 255, 128}));
}

TEST(Resize, AnImageWithoutPixelsIsABrokenContract) {
    EXPECT_THROW(resize(Image{}, 2, 2, Filter::box), ContractViolation);
    EXPECT_THROW(resize(test_pattern(2, 2, 3), 0, 2, Filter::box), ContractViolation);
}

TEST(Flatten, LaysTransparentPixelsOnTheColour) {
    const Image flat = flatten(test_pattern(6, 5, 4), {0x20, 0x40, 0x60});
    EXPECT_EQ(flat.channels, 3u);
    EXPECT_EQ(pixel_hash(flat), "38a42da9666c294e1a9b823f6f7bcb46a7b0da1b65ab0f8c7c9c7276d45dc3cf");
    const Image rgb = test_pattern(3, 2, 3);
    EXPECT_EQ(flatten(rgb, {1, 2, 3}), rgb);
    const Image grey{.width = 1, .height = 1, .channels = 1, .pixels = {7}};
    EXPECT_EQ(flatten(grey, {}).pixels, (Samples{7, 7, 7}));
}

TEST(ToGrey, WeighsColoursAsPillow) {
    const Image grey = to_grey(test_pattern(4, 3, 3));
    EXPECT_EQ(grey.channels, 1u);
    EXPECT_EQ(grey.pixels, (Samples{33, 196, 121, 63, 95, 38, 92, 106, 166, 90, 122, 38}));
    EXPECT_EQ(to_grey(grey), grey);
}

}  // namespace
}  // namespace darkroom::image
