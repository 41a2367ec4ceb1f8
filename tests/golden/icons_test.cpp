// SPDX-License-Identifier: Apache-2.0
// The bundled model end to end, against outputs of the original sources with the same weights.

#include <cmath>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/pipelines/conditioning.h"
#include "engine/pipelines/picture.h"
#include "golden/backends.h"
#include "golden/expectation.h"
#include "golden/networks.h"
#include "image/png.h"

namespace darkroom::testing {
namespace {

using namespace engine;  // NOLINT: a test file

constexpr const char* kCheckpoint = DARKROOM_SOURCE_DIR "/models/icons-128/icons-128.safetensors";
constexpr double kTolerance = 1e-3;
constexpr double kLatentTolerance = 2e-3;

/// One loaded model per backend, shared by all cases of a run.
struct Loaded {
    std::unique_ptr<Backend> backend;
    std::shared_ptr<const Model> model;
};

Loaded load(const std::string& name) {
    Loaded loaded;
    loaded.backend = make_backend(name);
    if (!loaded.backend) return loaded;
    loaded.model =
        Model::load(*loaded.backend, ClipTokenizer::bundled(), {.path = kCheckpoint}).value();
    return loaded;
}

class Icons : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        loaded_ = load(GetParam());
        if (!loaded_.model) GTEST_SKIP() << "this CPU has no " << GetParam();
        int8_ = std::string(GetParam()) == "cpu-int8";
        rounds_ = int8_ || loaded_.backend->compute_dtype() == DType::bf16;
    }

    [[nodiscard]] Backend& backend() const { return *loaded_.backend; }
    [[nodiscard]] const Model& model() const { return *loaded_.model; }

    /// Goldens in f32; what bf16 and int8 may differ by against our own f32.
    void expect_golden(
        const std::function<std::vector<float>(const Model&)>& run,
        const json::Value& block,
        const std::string& what,
        const Closeness& int8 = kBf16) {
        const std::vector<float> values = run(model());
        if (!rounds_) return expect_statistics(values, block, kTolerance);
        const Loaded f32 = load("cpu-f32");
        expect_close(values, run(*f32.model), int8_ ? int8 : kBf16, what);
    }

    /// PSNR that a picture must have against the golden one.
    [[nodiscard]] double least_psnr() const { return rounds_ && !int8_ ? 45.0 : 38.0; }

    Loaded loaded_;
    bool int8_ = false;
    /// More than f32 does.
    bool rounds_ = false;
    json::Value golden_ = golden("icons-128");
};

std::vector<float> text_state(const Model& model, const std::string& prompt) {
    return model.backend().download(encode_prompt(model, prompt, {}).value());
}

TEST_P(Icons, PromptsBecomeTheSameTokensAndTextStates) {
    for (const json::Value& prompt : golden_["prompts"].as_array()) {
        const std::string& text = prompt["text"].as_string();
        const PromptChunks chunks = chunk_prompt(model().tokenizer(), text).value();
        ASSERT_EQ(chunks.chunks.size(), 1u);
        for (std::size_t i = 0; i < PromptChunk::kLength; ++i) {
            EXPECT_EQ(chunks.chunks[0].ids[i], prompt["ids"][i].as_integer()) << text << i;
        }
        expect_golden(
            [&](const Model& own) { return text_state(own, text); }, prompt["text_state"], "text");
    }
}

TEST_P(Icons, TheUnetPredictsTheSameNoise) {
    const std::string prompt = golden_["prompts"][0]["text"].as_string();
    for (const auto& [timestep, block] : golden_["eps"].as_object()) {
        const float t = std::stof(timestep);
        expect_golden(
            [&](const Model& own) {
                const auto context = prepare_context(own, encode_prompt(own, prompt, {}).value());
                const UnetSample sample{.timestep = t, .context = context.get()};
                const Tensor latent = input_nhwc(own.backend(), "latent", {1, 4, 16, 16});
                return nchw_values(own.unet()(latent, std::span(&sample, 1)));
            },
            block,
            "noise at " + timestep,
            kInt8);
    }
}

TEST_P(Icons, TheVaeEncodesAndDecodesTheSame) {
    const auto moments = [](const Model& own, std::size_t half) {
        const Tensor image = input_nhwc(own.backend(), "image", {1, 3, 128, 128});
        const std::vector<float> all = nchw_values(own.vae_encoder()(image));
        const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        return half == 0 ? std::vector<float>(all.begin(), middle)
                         : std::vector<float>(middle, all.end());
    };
    expect_golden(
        [&](const Model& own) { return moments(own, 0); }, golden_["vae_encode_mean"], "mean");
    expect_golden(
        [&](const Model& own) { return moments(own, 1); }, golden_["vae_encode_logvar"], "logvar");
    expect_golden(
        [](const Model& own) {
            const Tensor latent = input_nhwc(own.backend(), "latent", {1, 4, 16, 16});
            return nchw_values(own.vae_decoder()(latent));
        },
        golden_["vae_decode"],
        "picture");
}

/// A picture of the golden file, to be drawn.
ImageRequest request_of(const json::Value& golden, const json::Value& expected) {
    ImageRequest request;
    const auto prompt = static_cast<std::size_t>(expected["prompt"].as_integer());
    request.prompt = golden["prompts"][prompt]["text"].as_string();
    request.width = 128;
    request.height = 128;
    request.steps = static_cast<int>(expected["steps"].as_integer());
    request.sampler = expected["sampler"].as_string();
    // DDIM has its own timesteps and takes no schedule.
    if (request.sampler != "DDIM") request.schedule = expected["schedule"].as_string();
    request.noise.seed = 7;
    request.noise.randn_source = RandnSource::cpu;
    return request;
}

/// Samples one picture to its end.
std::unique_ptr<Picture> sample(const Model& model, const ImageRequest& request) {
    Guidance guidance;
    guidance.scale = request.cfg_scale;
    guidance.positive = prepare_context(model, encode_prompt(model, request.prompt, {}).value());
    guidance.negative = prepare_context(model, encode_prompt(model, "", {}).value());
    auto picture = std::make_unique<Picture>(model, request, 0, guidance, Tensor());
    while (!picture->sampled()) {
        std::vector<Tensor> latents;
        std::vector<UnetSample> samples;
        picture->append_rows(latents, samples);
        const Tensor input = ops::nchw_to_nhwc(ops::concat_samples(latents));
        const Tensor output = ops::cast(model.unet()(input, samples), DType::f32);
        picture->answer(ops::nhwc_to_nchw(output));
    }
    return picture;
}

double psnr(const image::Image& a, const image::Image& b) {
    double squares = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        const double difference = static_cast<double>(a.pixels[i]) - b.pixels[i];
        squares += difference * difference;
    }
    const double mean = squares / static_cast<double>(a.pixels.size());
    return mean == 0 ? 100.0 : 10.0 * std::log10(255.0 * 255.0 / mean);
}

image::Image golden_picture(const std::string& name) {
    const auto file = read_file(DARKROOM_SOURCE_DIR "/tests/golden/" + name, 1 << 20);
    return image::decode_png(std::as_bytes(std::span(file.value()))).value().image;
}

TEST_P(Icons, EverySamplerEndsInTheSameLatentAndPicture) {
    for (const json::Value& expected : golden_["pictures"].as_array()) {
        const std::string& name = expected["picture"].as_string();
        SCOPED_TRACE(name);
        const ImageRequest request = request_of(golden_, expected);
        // See below.
        if (rounds_ && request.sampler == "LMS") continue;
        const auto picture = sample(model(), request);
        if (!rounds_) {
            const std::vector<float> latent = backend().download(picture->latent());
            expect_statistics(latent, expected["latent"], kLatentTolerance);
        }
        const double found = psnr(picture->decode(), golden_picture(name));
        RecordProperty(name, std::to_string(found));
        EXPECT_GE(found, least_psnr());
    }
}

// The sums of LMS amplify rounding: a change in the order of summation, however accurate, moves one
// picture by several dB. The mean of a few says how accurate all is.
TEST_P(Icons, LmsDrawsWhatItDrawsInF32InTheMean) {
    if (!rounds_) GTEST_SKIP() << "f32 is held to the golden picture";
    const Loaded f32 = load("cpu-f32");
    constexpr std::int64_t kPictures = 8;
    double sum = 0;
    std::int64_t count = 0;
    for (const json::Value& expected : golden_["pictures"].as_array()) {
        ImageRequest request = request_of(golden_, expected);
        if (request.sampler != "LMS") continue;
        for (std::int64_t seed = 0; seed < kPictures; ++seed, ++count) {
            request.noise.seed = seed;
            sum += psnr(sample(model(), request)->decode(), sample(*f32.model, request)->decode());
        }
    }
    const double mean = sum / static_cast<double>(count);
    RecordProperty("mean", std::to_string(mean));
    EXPECT_GE(mean, int8_ ? 17.0 : 30.0);
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    Icons,
    ::testing::Values("reference", "cpu-f32", "cpu-bf16", "cpu-int8"),
    backend_name);

}  // namespace
}  // namespace darkroom::testing
