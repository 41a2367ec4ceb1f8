// SPDX-License-Identifier: Apache-2.0
// Every network against outputs of the original sources, made with synthetic weights.

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/sha256.h"
#include "engine/models/clip/clip_text.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae/vae.h"
#include "engine/ops/elementwise.h"
#include "engine/weights/synthetic_source.h"
#include "golden/backends.h"
#include "golden/expectation.h"

namespace darkroom::testing {
namespace {

using namespace engine;  // NOLINT: a test file

constexpr double kTolerance = 1e-3;
constexpr const char* kUnet = "model.diffusion_model.";
constexpr const char* kVae = "first_stage_model.";
constexpr const char* kClip = "cond_stage_model.transformer.";

KeyShapes key_list(const std::string& name) {
    KeyShapes keys;
    std::ifstream file(DARKROOM_SOURCE_DIR "/tests/golden/keys/" + name + ".tsv");
    EXPECT_TRUE(file) << name;
    std::string key;
    std::string dims;
    while (file >> key >> dims) {
        KeyShapes::Shape shape;
        std::stringstream parts(dims);
        for (std::string part; std::getline(parts, part, 'x');)
            shape.push_back(std::stoll(part));
        keys.add(key, shape);
    }
    return keys;
}

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

std::vector<float> run_unet(
    Backend& backend, const std::string& name, const AttentionHeads& heads, std::int64_t context) {
    SyntheticSource source(backend);
    const Unet unet(source, kUnet, infer_unet(key_list(name), kUnet, heads).value());
    const Tensor tokens = ops::cast(
        backend.upload(synthetic_stream("input:context", 77 * context), {1, 77, context}),
        backend.compute_dtype());
    const UnetContext prepared = unet.prepare(tokens);
    const UnetSample sample{.timestep = 500, .context = &prepared};
    const Tensor latent = input_nhwc(backend, "latent", {1, 4, 16, 16});
    return nchw_values(unet(latent, std::span(&sample, 1)));
}

struct VaeOutputs {
    std::vector<float> moments;
    std::vector<float> decoded;
};

VaeOutputs run_vae(Backend& backend, const std::string& name) {
    SyntheticSource source(backend);
    const VaeConfig config = infer_vae(key_list(name), kVae).value();
    const VaeEncoder encoder(source, kVae, config);
    const VaeDecoder decoder(source, kVae, config);
    const Tensor image = input_nhwc(backend, "image", {1, 3, 64, 64});
    const Tensor latent = input_nhwc(backend, "latent", {1, 4, 8, 8});
    return {nchw_values(encoder(image)), nchw_values(decoder(latent))};
}

std::vector<float> run_clip(Backend& backend, std::int64_t clip_skip) {
    SyntheticSource source(backend);
    const ClipText clip(
        source, kClip, infer_clip_text(key_list("clip_vit_l_text_hf"), kClip).value());
    const json::Value golden_file = golden("clip_vit_l_text_hf");
    std::vector<std::int32_t> ids;
    for (const json::Value& id : golden_file["inputs"]["ids"].as_array()) {
        ids.push_back(static_cast<std::int32_t>(id.as_integer()));
    }
    const Tensor tokens = backend.upload(ids, {1, static_cast<std::int64_t>(ids.size())});
    return backend.download(ops::cast(clip(tokens, clip_skip), DType::f32));
}

class Network : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        backend_ = make_backend(GetParam());
        if (!backend_) GTEST_SKIP() << "this CPU has no " << GetParam();
        bf16_ = backend_->compute_dtype() == DType::bf16;
    }

    /// Goldens for f32; bf16 is compared with our own f32.
    void expect_golden(
        const std::function<std::vector<float>(Backend&)>& run, const json::Value& block) {
        const std::vector<float> values = run(*backend_);
        if (!bf16_) return expect_statistics(values, block, kTolerance);
        const auto f32 = make_backend("cpu-f32");
        expect_close_in_bf16(values, run(*f32));
    }

    std::unique_ptr<Backend> backend_;
    bool bf16_ = false;
};

TEST_P(Network, TinyUnetMatchesItsGolden) {
    expect_golden(
        [](Backend& backend) { return run_unet(backend, "tiny_unet_ci", {.count = 2}, 48); },
        golden("tiny_unet_ci")["outputs"]["out"]);
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

INSTANTIATE_TEST_SUITE_P(
    Backends,
    Network,
    ::testing::Values("reference", "cpu-f32", "cpu-bf16"),
    [](const auto& instance) {
        std::string name = instance.param;
        std::ranges::replace(name, '-', '_');
        return name;
    });

/// Full-size networks: in Release only, one process each.
class FullSize : public Network {};

TEST_P(FullSize, VaeMatchesItsGolden) {
    const json::Value file = golden("vae_kl_f8");
    expect_golden(
        [](Backend& backend) { return run_vae(backend, "vae_kl_f8").decoded; },
        file["outputs"]["decoded"]);
    expect_golden(
        [](Backend& backend) { return run_vae(backend, "vae_kl_f8").moments; },
        file["outputs"]["moments"]);
}

TEST_P(FullSize, ClipTextMatchesItsGolden) {
    const json::Value file = golden("clip_vit_l_text_hf");
    expect_golden([](Backend& backend) { return run_clip(backend, 1); }, file["outputs"]["last"]);
    expect_golden(
        [](Backend& backend) { return run_clip(backend, 2); },
        file["outputs"]["clip_skip_2 (penultimate, then final norm)"]);
}

TEST_P(FullSize, Sd15UnetMatchesItsGolden) {
    expect_golden(
        [](Backend& backend) { return run_unet(backend, "sd15_unet", {.count = 8}, 768); },
        golden("sd15_unet")["outputs"]["out"]);
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    FullSize,
    ::testing::Values("reference", "cpu-f32", "cpu-bf16"),
    [](const auto& instance) {
        std::string name = instance.param;
        std::ranges::replace(name, '-', '_');
        return name;
    });

}  // namespace
}  // namespace darkroom::testing
