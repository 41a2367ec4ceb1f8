// SPDX-License-Identifier: Apache-2.0
// Every network against outputs of the original sources, made with synthetic weights.

#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "engine/models/clip/clip_text.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae/vae.h"
#include "golden/backends.h"
#include "golden/expectation.h"
#include "golden/networks.h"

namespace darkroom::testing {
namespace {

using namespace engine;  // NOLINT: a test file

/// First 16 hex digits of SHA-256 over the sorted "key TAB shape LF" lines.
std::string manifest(const KeyRecorder& recorder) {
    std::map<std::string, std::string> lines;
    for (const auto& parameter : recorder.parameters()) {
        lines[parameter.key] = to_string(parameter.shape);
    }
    std::string text;
    for (const auto& [key, shape] : lines)
        text += key + "\t" + shape + "\n";
    return sha256_hex(text).substr(0, 16);
}

std::string manifest_of_file(const std::string& name) {
    std::ifstream file(DARKROOM_SOURCE_DIR "/tests/golden/keys/" + name + ".tsv");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return sha256_hex(text).substr(0, 16);
}

TEST(KeyLists, UnetsAskForExactlyTheirKeys) {
    const std::pair<const char*, AttentionHeads> networks[] = {
        {"tiny_unet_ci", {.count = 2}}, {"sd15_unet", {.count = 8}}};
    for (const auto& [name, heads] : networks) {
        KeyRecorder recorder;
        const Unet unet(recorder, kUnet, infer_unet(key_list(name), kUnet, heads).value());
        EXPECT_EQ(manifest(recorder), manifest_of_file(name)) << name;
    }
    EXPECT_EQ(manifest_of_file("sd15_unet"), "73027e7f91fcae2b");
}

TEST(KeyLists, VaesAskForExactlyTheirKeys) {
    for (const char* name : {"tiny_vae_ci", "vae_kl_f8"}) {
        KeyRecorder recorder;
        const VaeConfig config = infer_vae(key_list(name), kVae).value();
        const VaeEncoder encoder(recorder, kVae, config);
        const VaeDecoder decoder(recorder, kVae, config);
        EXPECT_EQ(manifest(recorder), manifest_of_file(name)) << name;
    }
    EXPECT_EQ(manifest_of_file("vae_kl_f8"), "8d6798b6c5437898");
}

TEST(KeyLists, ClipAsksForExactlyItsKeys) {
    KeyRecorder recorder;
    const ClipText clip(
        recorder, kClip, infer_clip_text(key_list("clip_vit_l_text_hf"), kClip).value());
    EXPECT_EQ(manifest(recorder), manifest_of_file("clip_vit_l_text_hf"));
    EXPECT_EQ(manifest_of_file("clip_vit_l_text_hf"), "06280868bb4ea3c9");
}

TEST_P(Network, TinyUnetMatchesItsGolden) {
    expect_golden(
        [](Backend& backend) {
            return run_unet(backend, {"tiny_unet_ci", {.count = 2}, 48});
        },
        golden("tiny_unet_ci")["outputs"]["out"],
        kInt8);
}

TEST_P(Network, TinyVaeMatchesItsGolden) {
    const json::Value file = golden("tiny_vae_ci");
    expect_golden(
        [](Backend& backend) { return run_vae(backend, "tiny_vae_ci").decoded; },
        file["outputs"]["decoded"]);
    expect_golden(
        [](Backend& backend) { return run_vae(backend, "tiny_vae_ci").moments; },
        file["outputs"]["moments"]);
}

TEST(OddSizes, ALatentThatDoesNotHalveEvenlyGivesTheSameOnBothBackends) {
    const UnetCase odd{"tiny_unet_ci", {.count = 2}, 48, 65, 63};
    const std::vector<float> expected = run_unet(*make_backend("reference"), odd);
    const std::vector<float> found = run_unet(*make_backend("cpu-f32"), odd);
    ASSERT_EQ(found.size(), 4u * 65u * 63u);
    for (std::size_t i = 0; i < found.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], 1e-3) << i;
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    Network,
    ::testing::Values("reference", "cpu-f32", "cpu-bf16", "cpu-int8"),
    backend_name);

}  // namespace
}  // namespace darkroom::testing
