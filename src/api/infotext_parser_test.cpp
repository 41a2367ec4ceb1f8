// SPDX-License-Identifier: Apache-2.0
#include "api/infotext_parser.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "api/infotext.h"
#include "api/python_text.h"
#include "api/test_surroundings.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

std::string text_of(const json::Object& parameters, const char* key) {
    const json::Value* found = parameters.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : "(absent)";
}

TEST(InfotextParser, TakesPromptsAndParametersApart) {
    const ParsedInfotext parsed = parse_infotext(
        "a cat,\n  on a mat \nNegative prompt: blurry\nugly\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.0, Size: 512x768, "
        "Lora hashes: \"a: 1, b: \\\"2\\\"\", Version: v1.10.1");
    EXPECT_EQ(parsed.prompt, "a cat,\non a mat");
    EXPECT_EQ(parsed.negative_prompt, "blurry\nugly");
    EXPECT_EQ(
        parsed.parameters,
        (json::Object{
            {"Steps", "20"},
            {"Sampler", "DPM++ 2M"},
            {"Schedule type", "Karras"},
            {"CFG scale", "7.0"},
            {"Size-1", "512"},
            {"Size-2", "768"},
            {"Lora hashes", "a: 1, b: \"2\""},
            {"Version", "v1.10.1"}}));
}

TEST(InfotextParser, ALastLineOfFewParametersIsPrompt) {
    const ParsedInfotext parsed = parse_infotext("a cat\nmood: happy, light: low");
    EXPECT_EQ(parsed.prompt, "a cat\nmood: happy, light: low");
    EXPECT_TRUE(parsed.parameters.empty());
    EXPECT_EQ(parse_infotext("").prompt, "");
    EXPECT_EQ(parse_infotext("Steps: 1, Seed: 2, Size: 8x8").prompt, "");
}

TEST(InfotextParser, OddValuesStayTexts) {
    const json::Object parameters =
        parse_infotext("Steps: , Seed: \"1, Size: 8x, A: 1, CFG: 3x4x5, Bad: \"\\q\", end: \"x\" y")
            .parameters;
    EXPECT_EQ(
        parameters,
        (json::Object{
            {"Seed", "\"1"},
            {"Size", "8x"},
            {"CFG", "3x4x5"},
            {"Bad", "\"\\q\""},
            {"end", "\"x\" y"}}));
}

TEST(InfotextParser, WhatTheTextDoesNotSayHasADefault) {
    const json::Object plain = infotext_parameters(parse_infotext("a cat"));
    EXPECT_EQ(text_of(plain, "Prompt"), "a cat");
    EXPECT_EQ(text_of(plain, "Negative prompt"), "");
    EXPECT_EQ(text_of(plain, "Clip skip"), "1");
    EXPECT_EQ(*plain.find("Masked area padding"), json::Value(32));
    EXPECT_EQ(plain.find("Emphasis"), nullptr);
    EXPECT_EQ(plain.find("Cache FP16 weight for LoRA"), nullptr);
    const json::Object other = infotext_parameters(
        parse_infotext("(cat)\nSteps: 1, Clip skip: 2, RNG: NV, FP8 weight: Enable"));
    EXPECT_EQ(text_of(other, "Clip skip"), "2");
    EXPECT_EQ(text_of(other, "RNG"), "NV");
    EXPECT_EQ(text_of(other, "Emphasis"), "Original");
    EXPECT_EQ(*other.find("Cache FP16 weight for LoRA"), json::Value(false));
}

TEST(InfotextParser, HostileTextsTakeNoLongerThanTheyAre) {
    const std::size_t size = std::size_t{1} << 20;
    std::string pairs;
    while (pairs.size() < size)
        pairs += "k1:\"\\\",";
    for (const std::string& text :
         {std::string(size, 'a'), std::string(size, '"'), std::string(size, '\n'), pairs}) {
        const ParsedInfotext parsed = parse_infotext(text);
        EXPECT_LE(parsed.prompt.size(), text.size());
    }
}

/// Random generations, written and read again.
class RandomGeneration {
  public:
    explicit RandomGeneration(unsigned seed) : random_(seed) {}

    domain::Generation make() {
        domain::Generation g;
        g.prompt = lines();
        g.negative_prompt = chance() ? lines() : "";
        g.sampler = chance() ? "Euler a" : "DDIM";
        g.schedule = chance() ? "Karras" : "Automatic";
        g.steps = number(1, 150);
        g.cfg_scale = static_cast<double>(number(1, 300)) / 10;
        g.width = 8 * number(8, 256);
        g.height = 8 * number(8, 256);
        g.seed = static_cast<std::uint64_t>(number(0, 1LL << 40));
        g.subseed = static_cast<std::uint64_t>(number(0, 1LL << 40));
        g.subseed_strength = chance() ? static_cast<double>(number(1, 100)) / 100 : 0.0;
        g.seed_resize_from_w = chance() ? 8 * number(1, 100) : 0;
        g.seed_resize_from_h = 8 * number(1, 100);
        g.clip_skip = number(1, 12);
        g.randn_source = chance() ? "NV" : "GPU";
        return g;
    }

    /// Any printable text, also what a line of parameters must quote.
    std::string name() {
        static constexpr std::string_view kAlphabet = "abc XY09:,\"\\-_()[].é画\n";
        std::string text = "m";
        for (std::int64_t i = number(1, 20); i > 0; --i)
            text += kAlphabet[static_cast<std::size_t>(number(0, 18))];
        return text + "m";
    }

  private:
    std::int64_t number(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
    }
    bool chance() { return number(0, 1) == 1; }

    std::string lines() {
        std::string text = name();
        for (std::int64_t i = number(0, 3); i > 0; --i)
            text += "\n" + name();
        return text;
    }

    std::mt19937 random_;
};

TEST(InfotextParser, ReadsWhatIsWritten) {
    RandomGeneration random(1);
    for (int i = 0; i < 500; ++i) {
        const domain::Generation g = random.make();
        const std::string model = random.name();
        const std::string text = make_infotext(
            g, 0, {.model_name = model, .model_hash10 = "0123456789", .version = "darkroom 1"});
        const ParsedInfotext parsed = parse_infotext(text);
        EXPECT_EQ(parsed.prompt, g.prompt) << text;
        EXPECT_EQ(parsed.negative_prompt, g.negative_prompt) << text;
        const json::Object& p = parsed.parameters;
        EXPECT_EQ(text_of(p, "Model"), model) << text;
        EXPECT_EQ(text_of(p, "Steps"), std::to_string(g.steps));
        EXPECT_EQ(text_of(p, "Sampler"), g.sampler);
        EXPECT_EQ(text_of(p, "Schedule type"), g.schedule);
        EXPECT_EQ(text_of(p, "CFG scale"), python_float(g.cfg_scale));
        EXPECT_EQ(text_of(p, "Seed"), std::to_string(g.seed));
        EXPECT_EQ(text_of(p, "Size-1"), std::to_string(g.width));
        EXPECT_EQ(text_of(p, "Size-2"), std::to_string(g.height));
        EXPECT_EQ(text_of(p, "Model hash"), "0123456789");
        EXPECT_EQ(text_of(p, "Version"), "darkroom 1");
        const bool varied = g.subseed_strength != 0;
        EXPECT_EQ(text_of(p, "Variation seed"), varied ? std::to_string(g.subseed) : "(absent)");
        EXPECT_EQ(
            text_of(p, "Seed resize from-1"),
            g.seed_resize_from_w > 0 ? std::to_string(g.seed_resize_from_w) : "(absent)");
        EXPECT_EQ(
            text_of(p, "Clip skip"), g.clip_skip > 1 ? std::to_string(g.clip_skip) : "(absent)");
        EXPECT_EQ(text_of(p, "RNG"), g.randn_source == "NV" ? "NV" : "(absent)");
    }
}

}  // namespace
}  // namespace darkroom::api
