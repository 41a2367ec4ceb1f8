// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/family.h"

#include <gtest/gtest.h>

#include "engine/catalog/diagnosis.h"

namespace darkroom::engine {
namespace {

constexpr const char* kConvIn = "model.diffusion_model.input_blocks.0.0.weight";

KeyShapes with(std::vector<std::pair<std::string, KeyShapes::Shape>> shapes) {
    KeyShapes keys;
    for (auto& [key, shape] : shapes)
        keys.add(key, shape);
    return keys;
}

TEST(Family, FollowsTheOrderOfTheKeysThatTell) {
    const std::string open_clip =
        "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight";
    const std::string refiner = "conditioner.embedders.0.model.ln_final.weight";
    EXPECT_EQ(detect_family(with({{kConvIn, {320, 4, 3, 3}}})), Family::sd1);
    EXPECT_EQ(detect_family(with({{kConvIn, {320, 9, 3, 3}}})), Family::sd1_inpaint);
    EXPECT_EQ(detect_family(with({{kConvIn, {320, 8, 3, 3}}})), Family::instruct_pix2pix);
    EXPECT_EQ(
        detect_family(with({{kConvIn, {320, 4, 3, 3}}, {open_clip, {3072, 1024}}})), Family::sd2);
    EXPECT_EQ(
        detect_family(with({{kConvIn, {320, 9, 3, 3}}, {open_clip, {3072, 1024}}})),
        Family::sd2_inpaint);
    EXPECT_EQ(
        detect_family(with(
            {{kConvIn, {320, 4, 3, 3}},
             {"conditioner.embedders.1.model.ln_final.weight", {1280}}})),
        Family::sdxl);
    EXPECT_EQ(detect_family(with({{refiner, {1280}}})), Family::sdxl_refiner);
    EXPECT_EQ(detect_family(with({{refiner, {1024}}})), Family::sd_turbo);
    EXPECT_EQ(
        detect_family(with({{"model.diffusion_model.x_embedder.proj.weight", {1}}})), Family::sd3);
    EXPECT_EQ(detect_family(with({{"lora_unet_x", {1}}})), Family::unknown);
}

TEST(Family, MetadataMayNameTheHeads) {
    const FamilyTraits& sd1 = traits_of(Family::sd1);
    EXPECT_EQ(unet_heads(sd1, {})->of(320), 8);
    EXPECT_EQ(unet_heads(sd1, {{"darkroom.heads", "2"}})->of(320), 2);
    for (const char* bad : {"", "0", "65", "2x", "-1", "99999999999999999999"}) {
        EXPECT_FALSE(unet_heads(sd1, {{"darkroom.heads", bad}})) << bad;
    }
}

TEST(Family, MetadataMayNameTheNativeSize) {
    const FamilyTraits& sd1 = traits_of(Family::sd1);
    EXPECT_EQ(native_size(sd1, {}), 512);
    EXPECT_EQ(native_size(sd1, {{"resolution", "128x128"}}), 128);
    EXPECT_EQ(
        native_size(sd1, {{"modelspec.resolution", "768x768"}, {"resolution", "64x64"}}), 768);
    EXPECT_EQ(native_size(sd1, {{"resolution", "huge"}}), 512);
    EXPECT_EQ(native_size(sd1, {{"resolution", "999999x1"}}), 512);
}

TEST(Doctor, FindsTheBundledModelHealthy) {
    const auto checkpoint =
        Checkpoint::open(DARKROOM_SOURCE_DIR "/models/icons-128/icons-128.safetensors");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    const Diagnosis found = diagnose(*checkpoint);
    EXPECT_EQ(found.family->family, Family::sd1);
    EXPECT_TRUE(found.healthy()) << found.obstacle;
    EXPECT_EQ(found.expected, 656u);
    EXPECT_TRUE(found.unexpected.empty()) << found.unexpected.front();
}

}  // namespace
}  // namespace darkroom::engine
