// SPDX-License-Identifier: Apache-2.0
#include "golden/networks.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "engine/models/clip/clip_text.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae/vae.h"
#include "engine/ops/elementwise.h"
#include "engine/weights/synthetic_source.h"
#include "golden/backends.h"
#include "golden/expectation.h"

namespace darkroom::testing {

using namespace engine;  // NOLINT: test support

namespace {

constexpr double kTolerance = 1e-3;

}  // namespace

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

std::vector<float> run_unet(Backend& backend, const UnetCase& network) {
    const std::int64_t context = network.context_width;
    SyntheticSource source(backend);
    const Unet unet(
        source, kUnet, infer_unet(key_list(network.name), kUnet, network.heads).value());
    const Tensor tokens = ops::cast(
        backend.upload(synthetic_stream("input:context", 77 * context), {1, 77, context}),
        backend.compute_dtype());
    const UnetContext prepared = unet.prepare(tokens);
    const UnetSample sample{.timestep = 500, .context = &prepared};
    const Tensor latent =
        input_nhwc(backend, "latent", {1, 4, network.latent_height, network.latent_width});
    return nchw_values(unet(latent, std::span(&sample, 1)));
}

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

void Network::SetUp() {
    backend_ = make_backend(GetParam());
    if (!backend_) GTEST_SKIP() << "this CPU has no " << GetParam();
}

void Network::expect_golden(
    const std::function<std::vector<float>(Backend&)>& run,
    const json::Value& block,
    const Closeness& int8) {
    const std::vector<float> values = run(*backend_);
    const bool is_int8 = std::string(GetParam()) == "cpu-int8";
    if (backend_->compute_dtype() == DType::f32 && !is_int8) {
        expect_statistics(values, block, kTolerance);
        return;
    }
    const auto f32 = make_backend("cpu-f32");
    expect_close(values, run(*f32), is_int8 ? int8 : kBf16, "output");
}

std::string backend_name(const ::testing::TestParamInfo<const char*>& instance) {
    std::string name = instance.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace darkroom::testing
