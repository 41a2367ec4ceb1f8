// SPDX-License-Identifier: Apache-2.0
#include "domain/model.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

const std::string kHashA = "a1b2c3d4e5" + std::string(54, '0');
const std::string kHashB = "b1b2c3d4e5" + std::string(54, '0');

std::vector<ModelDescription> models() {
    return {
        describe_model("anime/dream.v2.safetensors", kHashA),
        describe_model("dream.v2.safetensors", kHashB),
        describe_model("icons-128.safetensors", ""),
        describe_model("photo-inpainting.ckpt", ""),
        describe_model("photo.ckpt", "")};
}

/// Relative name of what was found; empty for nothing.
std::string name_of(const ModelDescription* model) {
    return model == nullptr ? "" : model->relative_name;
}

TEST(DescribeModel, NamesFollowFromThePathAndTheHash) {
    const ModelDescription model = describe_model("anime/dream.v2.safetensors", kHashA);
    EXPECT_EQ(model.name, "dream.v2");
    EXPECT_EQ(model.title, "anime/dream.v2.safetensors [a1b2c3d4e5]");
    EXPECT_EQ(model.model_name, "anime_dream.v2");
    EXPECT_EQ(model.hash10, "a1b2c3d4e5");
    EXPECT_EQ(model.sha256, kHashA);
}

TEST(DescribeModel, WithoutAHashTheTitleIsTheFile) {
    const ModelDescription model = describe_model("icons-128.safetensors", "");
    EXPECT_EQ(model.title, "icons-128.safetensors");
    EXPECT_EQ(model.hash10, "");
}

TEST(DescribeModel, ADotInAFolderOrInFrontIsNoExtension) {
    EXPECT_EQ(describe_model("v1.5/base", "").name, "base");
    EXPECT_EQ(describe_model("v1.5/.hidden", "").name, ".hidden");
    EXPECT_EQ(describe_model(".hidden", "").name, ".hidden");
}

TEST(FindModel, EveryAliasFindsItsCheckpoint) {
    const std::map<std::string, std::string> cases = {
        {"anime/dream.v2.safetensors [a1b2c3d4e5]", "anime/dream.v2.safetensors"},
        {"anime/dream.v2.safetensors", "anime/dream.v2.safetensors"},
        {"anime_dream.v2", "anime/dream.v2.safetensors"},
        {"dream.v2.safetensors", "dream.v2.safetensors"},
        {"dream.v2", "dream.v2.safetensors"},
        {"icons-128", "icons-128.safetensors"},
        {kHashA, "anime/dream.v2.safetensors"},
        {"A1B2C3D4E5", "anime/dream.v2.safetensors"},
        {"b1b2c3d4e5", "dream.v2.safetensors"},
        {"", ""},
        {"nonsense", ""},
        {"ICONS-128", ""},
        {"a1b2c3d4e", ""},
        {"icons", ""}};
    const std::vector<ModelDescription> all = models();
    for (const auto& [alias, expected] : cases) {
        EXPECT_EQ(name_of(find_model(all, alias)), expected) << alias;
    }
}

TEST(FindClosestModel, AnyPartOfATitleFindsTheShortestSuchTitle) {
    const std::map<std::string, std::string> cases = {
        {"icons-128", "icons-128.safetensors"},
        {"PHOTO", "photo.ckpt"},
        {"inpaint", "photo-inpainting.ckpt"},
        {"Dream", "dream.v2.safetensors"},
        {"anime/", "anime/dream.v2.safetensors"},
        {"photo.ckpt [ffffffffff]", "photo.ckpt"},
        {"nonsense [a1b2c3d4e5]", ""},
        {"", ""}};
    const std::vector<ModelDescription> all = models();
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(name_of(find_closest_model(all, text)), expected) << text;
    }
}

}  // namespace
}  // namespace darkroom::domain
