// SPDX-License-Identifier: Apache-2.0
#include "api/infotext.h"

#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

domain::Generation plain() {
    domain::Generation g;
    g.prompt = "a cat";
    g.negative_prompt = "blurry";
    g.model = "icons-128";
    g.sampler = "Euler";
    g.seed = 10;
    g.subseed = 20;
    g.seed_resize_from_w = -1;
    g.seed_resize_from_h = -1;
    return g;
}

std::string infotext(const domain::Generation& g, std::int64_t index = 0) {
    const InfotextContext context =
        make_infotext_context(g, test_models().front(), test_catalog(), "darkroom 0.1.0");
    return make_infotext(g, index, context);
}

/// The parameters between "Seed: 10, " and the version, without those that are always there.
std::string extras(const domain::Generation& g) {
    const std::string text = infotext(g);
    const std::string before = "Model: icons-128, ";
    const std::size_t from = text.find(before) + before.size();
    const std::size_t to = text.find("Version: ");
    return text.substr(from, to - from);
}

TEST(Infotext, ListsTheParametersInOrder) {
    EXPECT_EQ(
        infotext(plain()),
        "a cat\nNegative prompt: blurry\n"
        "Steps: 20, Sampler: Euler, Schedule type: Automatic, CFG scale: 7.0, Seed: 10, "
        "Size: 512x512, Model hash: aaaaaaaaaa, Model: icons-128, Version: darkroom 0.1.0");
}

TEST(Infotext, WithEverythingSet) {
    domain::Generation g = plain();
    g.prompt = "(a cat)";
    g.negative_prompt = "";
    g.sampler = "Euler a";
    g.schedule = "Karras";
    g.cfg_scale = 5.5;
    g.subseed_strength = 0.25;
    g.seed_resize_from_w = 256;
    g.seed_resize_from_h = 384;
    g.clip_skip = 2;
    g.eta_noise_seed_delta = 31337;
    g.randn_source = "NV";
    g.emphasis = "No norm";
    g.eta = 0.5;
    EXPECT_EQ(
        infotext(g, 1),
        "(a cat)\n"
        "Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 5.5, Seed: 10, "
        "Size: 512x512, Model hash: aaaaaaaaaa, Model: icons-128, Variation seed: 21, "
        "Variation seed strength: 0.25, Seed resize from: 256x384, Clip skip: 2, ENSD: 31337, "
        "RNG: NV, Emphasis: No norm, Eta: 0.5, Version: darkroom 0.1.0");
}

TEST(Infotext, SeedsCountUpUnlessVaried) {
    domain::Generation g = plain();
    EXPECT_NE(infotext(g, 3).find("Seed: 13,"), std::string::npos);
    EXPECT_EQ(picture_subseed(g, 3), 23u);
    g.subseed_strength = 0.1;
    EXPECT_NE(infotext(g, 3).find(" Seed: 10,"), std::string::npos);
    EXPECT_NE(infotext(g, 3).find("Variation seed: 23,"), std::string::npos);
}

TEST(Infotext, AutomaticIsWrittenAsTheSamplersOwnSchedule) {
    domain::Generation g = plain();
    g.sampler = "DPM++ 2M";
    EXPECT_NE(infotext(g).find("Sampler: DPM++ 2M, Schedule type: Karras,"), std::string::npos);
    g.schedule = "Uniform";
    EXPECT_NE(infotext(g).find("Schedule type: Uniform,"), std::string::npos);
    g.sampler = "DDIM";
    g.schedule = "Automatic";
    EXPECT_NE(infotext(g).find("Schedule type: Automatic,"), std::string::npos);
}

TEST(Infotext, SamplerParametersAreWrittenWhereTheyAct) {
    domain::Generation g = plain();
    g.s_churn = 2.0;
    g.s_tmin = 0.1;
    g.s_tmax = 9.0;
    g.s_noise = 1.003;
    g.eta = 0.5;
    EXPECT_EQ(
        extras(g), "Sigma churn: 2.0, Sigma tmin: 0.1, Sigma tmax: 9.0, Sigma noise: 1.003, ");
    g.sampler = "Euler a";
    EXPECT_EQ(extras(g), "Eta: 0.5, ");
    g.eta = 1.0;
    EXPECT_EQ(extras(g), "");
    g.sampler = "DDIM";
    EXPECT_EQ(extras(g), "Eta DDIM: 1.0, ");
    g.eta = 0.0;
    EXPECT_EQ(extras(g), "");
}

TEST(Infotext, TheSeedDeltaIsWrittenForAncestralSamplersOnly) {
    domain::Generation g = plain();
    g.eta_noise_seed_delta = 31337;
    EXPECT_EQ(extras(g), "");
    g.sampler = "Euler a";
    EXPECT_EQ(extras(g), "ENSD: 31337, ");
    g.eta = 0.0;
    EXPECT_EQ(extras(g), "Eta: 0.0, ");
}

TEST(Infotext, EmphasisIsWrittenWhenAPromptUsesBrackets) {
    domain::Generation g = plain();
    g.emphasis = "None";
    EXPECT_EQ(extras(g), "");
    g.negative_prompt = "[blurry]";
    EXPECT_EQ(extras(g), "Emphasis: None, ");
}

TEST(Infotext, AmbiguousValuesAreQuoted) {
    InfotextContext context;
    const auto model_entry = [&](const std::string& name) {
        context.model_name = name;
        const std::string text = make_infotext(plain(), 0, context);
        return text.substr(text.find("512x512, ") + 9);
    };
    EXPECT_EQ(model_entry("a, b"), R"(Model: "a, b")");
    EXPECT_EQ(model_entry("a:b"), R"(Model: "a:b")");
    EXPECT_EQ(model_entry("a\n\"b\""), R"(Model: "a\n\"b\"")");
    EXPECT_EQ(model_entry("\xE7\x94\xBB, \xC3\xA9"), "Model: \"\xE7\x94\xBB, \xC3\xA9\"");
    EXPECT_EQ(model_entry("\"b\""), R"(Model: "b")");
    EXPECT_EQ(model_entry("Model"), "Model");
}

TEST(Infotext, SpaceAroundTheTextIsStripped) {
    domain::Generation g = plain();
    g.prompt = " \n\xE3\x80\x80";
    g.negative_prompt = "";
    EXPECT_EQ(infotext(g).substr(0, 10), "Steps: 20,");
}

TEST(Infotext, TheReceiptIsJson) {
    EXPECT_EQ(
        make_receipt({.checkpoint_sha256 = "ab", .engine = "cpu \"avx\"", .version = "0.1.0"}),
        R"({"checkpoint_sha256":"ab","engine":"cpu \"avx\"","version":"0.1.0"})");
}

}  // namespace
}  // namespace darkroom::api
