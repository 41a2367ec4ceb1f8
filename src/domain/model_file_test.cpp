// SPDX-License-Identifier: Apache-2.0
#include "domain/model_file.h"

#include <vector>

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

TEST(ModelPlace, TheFirstFolderSaysTheType) {
    const auto expect = [](const char* below, ModelType type, const char* name) {
        const ModelPlace place = place_of(below);
        EXPECT_EQ(place.type, type) << below;
        EXPECT_EQ(place.name, name) << below;
    };
    expect("a.safetensors", ModelType::stable_diffusion, "a.safetensors");
    expect("anime/a.safetensors", ModelType::stable_diffusion, "anime/a.safetensors");
    expect("Stable-diffusion/x/a.ckpt", ModelType::stable_diffusion, "x/a.ckpt");
    expect("stable-DIFFUSION/a.safetensors", ModelType::stable_diffusion, "a.safetensors");
    expect("VAE/a.pt", ModelType::vae, "a.pt");
    expect("Lora/style/a.safetensors", ModelType::lora, "style/a.safetensors");
    expect("LyCORIS/a.safetensors", ModelType::lora, "a.safetensors");
    expect("embeddings/a.pt", ModelType::embedding, "a.pt");
    expect("hypernetworks/a.pt", ModelType::hypernetwork, "a.pt");
    expect("ControlNet/a.pth", ModelType::control_net, "a.pth");
    expect("RealESRGAN/a.pth", ModelType::upscaler, "a.pth");
}

TEST(ModelPlace, ANewFileGoesWhereItsTypeIsFoundAgain) {
    for (const ModelType type : kModelTypes) {
        const ModelPlace place = place_of(place_for(type, "x/a.safetensors"));
        EXPECT_EQ(place.type, type);
        EXPECT_EQ(place.name, "x/a.safetensors");
        EXPECT_EQ(model_type_from(to_string(type)), type);
    }
    EXPECT_EQ(model_type_from("vae"), ModelType::vae);
    EXPECT_FALSE(model_type_from("VAE"));
    EXPECT_FALSE(model_type_from("../lora"));
}

TEST(ModelName, NamesThatPeopleUseAreTaken) {
    for (const char* name :
         {"a.safetensors",
          "sub/folder/a b (v1.5) [fp16],_+=~'!.safetensors",
          "\u7d75\u672c-\u00e9.SAFETENSORS",
          "$(x);`y`&.safetensors",
          "\U0001f98a.safetensors"}) {
        EXPECT_TRUE(check_model_name(name)) << name;
    }
}

TEST(ModelName, NamesThatCouldLeadElsewhereAreRefused) {
    using namespace std::string_literals;
    const std::string end = ".safetensors";
    const std::vector<std::string> names = {
        "",
        end,
        "/etc/a" + end,
        "../a" + end,
        "a/../b" + end,
        "a/./b" + end,
        "a//b" + end,
        "a/" + end,
        "a" + end + "/",
        "..\\a" + end,
        "C:\\a" + end,
        "C:a" + end,
        "a\0b"s + end,
        "a\nb" + end,
        "a\x1b[31m" + end,
        "a\x7f" + end,
        "CON" + end,
        "nul/a" + end,
        "com1" + end,
        ".hidden" + end,
        ".uploads/a" + end,
        "a /b" + end,
        " a" + end,
        "a./b" + end,
        "a\u2215b" + end,
        "a\uff0fb" + end,
        "\uff0e\uff0e/a" + end,
        "a\u202eb" + end,
        "a\u200bb" + end,
        "a\xff" + end,
        "a\xc0\xaf" + end,
        "a*" + end,
        "a|b" + end,
        std::string(4096, 'a') + end,
        std::string(250, 'a') + end,
        "a/a/a/a/a/a/a/a/a" + end,
        "a.ckpt",
        "a.safetensors.exe",
        "a"};
    for (const std::string& name : names) {
        const Result<std::string> checked = check_model_name(name);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument) << name;
        EXPECT_EQ(checked.error().field, "name") << name;
    }
}

}  // namespace
}  // namespace darkroom::domain
