// SPDX-License-Identifier: Apache-2.0
#include "engine/models/unet/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/weights/key_shapes.h"

namespace darkroom::engine {
namespace {

using testing::HasSubstr;

KeyShapes first_keys() {
    KeyShapes keys;
    keys.add("input_blocks.0.0.weight", {32, 4, 3, 3});
    keys.add("out.2.weight", {4, 32, 3, 3});
    return keys;
}

TEST(InferUnet, TakesNoSecondBareConvolution) {
    KeyShapes keys = first_keys();
    keys.add("input_blocks.1.0.weight", {32, 32, 3, 3});
    const auto config = infer_unet(keys, "", {.count = 2});
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr("input_blocks.1 is a bare convolution"));
}

TEST(InferUnet, NeedsABareConvolutionFirst) {
    KeyShapes keys = first_keys();
    keys.add("input_blocks.0.0.op.weight", {32, 32, 3, 3});
    const auto config = infer_unet(keys, "", {.count = 2});
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message, HasSubstr("input_blocks.0 is not a bare convolution"));
}

}  // namespace
}  // namespace darkroom::engine
