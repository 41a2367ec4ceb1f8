// SPDX-License-Identifier: Apache-2.0
#include "api/input_keys.h"

#include <gtest/gtest.h>

#include "api/extras_payload.h"
#include "api/task_payload.h"
#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

using Keys = std::vector<std::string>;

TEST(InputKeys, AreThoseOfThePicturesThatExtrasEnlarge) {
    domain::Extras extras;
    extras.images = {"local/0123/0/input-1", "local/0123/0/input-2"};
    EXPECT_EQ(input_keys("extras", encode_extras(extras)).value(), extras.images);
    EXPECT_FALSE(input_keys("extras", "{}"));
}

TEST(InputKeys, AreThoseOfThePicturesToStartFromAndThenOfTheMask) {
    domain::Generation generation = TestSurroundings().generation("{}");
    generation.init = domain::InitImages{};
    generation.init->pictures = {"local/0123/0/input-1"};
    EXPECT_EQ(
        input_keys("img2img", encode_generation(generation)).value(), generation.init->pictures);
    generation.init->mask = "local/0123/0/mask";
    EXPECT_EQ(
        input_keys("img2img", encode_generation(generation)).value(),
        (Keys{"local/0123/0/input-1", "local/0123/0/mask"}));
    EXPECT_FALSE(input_keys("img2img", "{}"));
}

TEST(InputKeys, TextToImageHasNone) {
    EXPECT_TRUE(input_keys("txt2img", "{}").value().empty());
}

}  // namespace
}  // namespace darkroom::api
