// SPDX-License-Identifier: Apache-2.0
// Pictures that start from pictures.

#include <cmath>
#include <cstdlib>
#include <functional>

#include "engine/diffusion/schedules.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/pipelines/init_latent.h"
#include "engine/pipelines/session_fixture.h"
#include "engine/pipelines/start.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kPlaces = 8 * 8;

class InitTest : public SessionTest {
  protected:
    /// A picture that the model drew itself.
    static const image::Image& apple() {
        static const image::Image kApple = alone(request("Euler", 8, 5)).front();
        return kApple;
    }

    static ImageRequest from_apple(const std::string& sampler, int steps, double strength) {
        ImageRequest made = request(sampler, steps, 7);
        made.init = InitPictures{.pictures = {apple()}, .strength = strength};
        return made;
    }

    /// Repaints the left half.
    static std::vector<float> half_mask() {
        std::vector<float> mask(kPlaces);
        for (std::size_t i = 0; i < kPlaces; ++i)
            mask[i] = i % 8 < 4 ? 1.0F : 0.0F;
        return mask;
    }

    static double difference(const image::Image& a, const image::Image& b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.pixels.size(); ++i)
            sum += std::abs(static_cast<double>(a.pixels[i]) - static_cast<double>(b.pixels[i]));
        return sum / static_cast<double>(a.pixels.size());
    }

    static image::Image encoded_and_decoded(const image::Image& picture) {
        const Tensor latent = encode_image(*model(), picture) / model()->family().scale_factor;
        Backend& backend = model()->backend();
        const Tensor decoded = model()->vae_decoder()(ops::nchw_to_nhwc(latent));
        const Tensor pixels = ops::cast(decoded, DType::f32);
        return image::to_image(backend.download(pixels), picture.width, picture.height);
    }

    static std::size_t unet_calls(const ImageRequest& request) {
        Session session;
        EXPECT_TRUE(session.add(1, model(), request));
        std::vector<int> widths;
        run(session, &widths);
        return widths.size();
    }

    static std::vector<float> numbers(const Tensor& x) { return x.backend().download(x); }
};

TEST_F(InitTest, NoStrengthGivesThePictureAsTheVaeHasIt) {
    const image::Image same = alone(from_apple("Euler", 8, 0.0)).front();
    EXPECT_LT(difference(same, encoded_and_decoded(apple())), 5.0);
    EXPECT_GT(difference(same, alone(request("Euler", 8, 7)).front()), 20.0);
}

TEST_F(InitTest, MoreStrengthLeadsFurtherFromThePicture) {
    const image::Image near = alone(from_apple("Euler", 8, 0.2)).front();
    const image::Image far = alone(from_apple("Euler", 8, 1.0)).front();
    EXPECT_LT(difference(near, apple()), difference(far, apple()));
}

TEST_F(InitTest, TheStrengthSaysHowManyStepsAreRun) {
    EXPECT_EQ(unet_calls(from_apple("Euler", 8, 0.0)), 1u);
    EXPECT_EQ(unet_calls(from_apple("Euler", 8, 0.5)), 5u);
    EXPECT_EQ(unet_calls(from_apple("Euler", 8, 1.0)), 8u);
    // The timesteps below t_enc, and one call fewer than there are timesteps.
    EXPECT_EQ(unet_calls(from_apple("DDIM", 8, 0.5)), 3u);
    EXPECT_EQ(unet_calls(from_apple("DDIM", 8, 0.0)), 0u);
}

TEST_F(InitTest, ARunInSigmaSpaceStartsAtTheEndOfTheSchedule) {
    const ImageRequest request = from_apple("DPM++ 2M", 8, 0.5);
    const Tensor init = encode_image(*model(), apple());
    const LatentShape shape = latent_shape(*model(), request);
    ImageNoise noise(model()->backend(), shape, noise_of_picture(request, 0));
    const SamplerInputs inputs =
        sampler_inputs(*model(), request, *find_sampler("DPM++ 2M"), noise, init);
    const std::vector<float> sigmas = make_sigmas("karras", 8, model()->discretisation()).value();
    ASSERT_EQ(inputs.steps.size(), 5u);
    EXPECT_EQ(inputs.steps.front().sigma, sigmas[3]);
    EXPECT_EQ(inputs.steps.front().count, 5);
    EXPECT_EQ(inputs.steps.back().next_sigma, 0.0F);
    ImageNoise again(model()->backend(), shape, noise_of_picture(request, 0));
    EXPECT_EQ(numbers(inputs.start), numbers(again.next() * sigmas[3] + init));
}

TEST_F(InitTest, ARunInTimestepsStartsWithTheNoiseOfTheTimestepAfterItsFirst) {
    ImageRequest request = from_apple("DDIM", 10, 0.5);
    request.init->noise_multiplier = 0.5F;
    const Tensor init = encode_image(*model(), apple());
    const LatentShape shape = latent_shape(*model(), request);
    ImageNoise noise(model()->backend(), shape, noise_of_picture(request, 0));
    const SamplerInputs inputs =
        sampler_inputs(*model(), request, *find_sampler("DDIM"), noise, init);
    ASSERT_EQ(inputs.timesteps.size(), 4u);
    EXPECT_EQ(inputs.timesteps.front().timestep, 401);
    const float alpha = model()->discretisation().alphas_cumprod()[501];
    ImageNoise again(model()->backend(), shape, noise_of_picture(request, 0));
    const std::vector<float> start = numbers(inputs.start);
    const std::vector<float> drawn = numbers(again.next());
    const std::vector<float> picture = numbers(init);
    for (std::size_t i = 0; i < start.size(); ++i) {
        const float expected =
            std::sqrt(alpha) * picture[i] + std::sqrt(1.0F - alpha) * 0.5F * drawn[i];
        EXPECT_NEAR(start[i], expected, 1e-5F);
    }
}

TEST_F(InitTest, WhatTheMaskKeepsIsTheInitLatent) {
    for (const char* sampler : {"Euler a", "DDIM", "LMS"}) {
        ImageRequest kept = from_apple(sampler, 4, 0.75);
        kept.init->mask.assign(kPlaces, 0.0F);
        EXPECT_EQ(alone(kept).front(), encoded_and_decoded(apple())) << sampler;
    }
}

TEST_F(InitTest, AMaskOfOnesIsNoMask) {
    for (const char* sampler : {"Heun", "DDIM"}) {
        ImageRequest all = from_apple(sampler, 4, 0.75);
        const Pictures unmasked = alone(all);
        all.init->mask.assign(kPlaces, 1.0F);
        EXPECT_EQ(alone(all), unmasked) << sampler;
    }
}

TEST_F(InitTest, TheMaskedPartStartsFromWhatWasAskedFor) {
    ImageRequest request = from_apple("Euler", 4, 0.5);
    request.init->mask = half_mask();
    const Tensor encoded = encode_image(*model(), apple());
    request.init->masked_content = MaskedContent::latent_nothing;
    const std::vector<float> nothing = numbers(init_latent(*model(), request, 0, encoded));
    request.init->masked_content = MaskedContent::latent_noise;
    const std::vector<float> noise = numbers(init_latent(*model(), request, 0, encoded));
    const std::vector<float> picture = numbers(encoded);
    ImageNoise own(
        model()->backend(), latent_shape(*model(), request), noise_of_picture(request, 0));
    const std::vector<float> drawn = numbers(own.next());
    for (std::size_t i = 0; i < picture.size(); ++i) {
        const bool repainted = i % 8 < 4;
        EXPECT_EQ(nothing[i], repainted ? 0.0F : picture[i]);
        EXPECT_EQ(noise[i], repainted ? drawn[i] : picture[i]);
    }
}

TEST_F(InitTest, RequestsShareUnetCallsAndGetTheBytesTheyGetAlone) {
    const ImageRequest drawn = request("Euler a", 4, 1);
    const ImageRequest changed = from_apple("DDIM", 6, 0.75);
    ImageRequest masked = from_apple("DPM++ 2M", 5, 0.6);
    masked.init->mask = half_mask();
    masked.init->masked_content = MaskedContent::latent_noise;
    masked.batch_size = 2;
    Session session;
    ASSERT_TRUE(session.add(1, model(), drawn));
    ASSERT_TRUE(session.add(2, model(), changed));
    ASSERT_TRUE(session.add(3, model(), masked));
    std::vector<int> widths;
    const auto ended = run(session, &widths);
    EXPECT_EQ(widths.front(), 8);
    EXPECT_EQ(ended.at(1).value(), alone(drawn));
    EXPECT_EQ(ended.at(2).value(), alone(changed));
    EXPECT_EQ(ended.at(3).value(), alone(masked));
}

TEST_F(InitTest, EveryPictureOfABatchStartsFromItsOwn) {
    image::Image inverted = apple();
    for (std::uint8_t& value : inverted.pixels)
        value = static_cast<std::uint8_t>(255 - value);
    ImageRequest batch = from_apple("Euler", 4, 0.5);
    batch.batch_size = 2;
    batch.iterations = 2;
    batch.init->pictures.push_back(inverted);
    const Pictures pictures = alone(batch);
    ASSERT_EQ(pictures.size(), 4u);
    ImageRequest second = from_apple("Euler", 4, 0.5);
    second.init->pictures = {inverted};
    second.noise.seed += 3;
    EXPECT_EQ(pictures[3], alone(second).front());
    ImageRequest first = from_apple("Euler", 4, 0.5);
    EXPECT_EQ(pictures[0], alone(first).front());
}

TEST_F(InitTest, ProgressCountsTheStepsThatAreRun) {
    Session session;
    ASSERT_TRUE(session.add(1, model(), from_apple("Euler", 8, 0.5)));
    EXPECT_EQ(session.step().work, StepReport::Work::encode);
    EXPECT_EQ(session.step().work, StepReport::Work::encode_image);
    EXPECT_EQ(session.step().work, StepReport::Work::unet);
    const auto progress = session.progress(1);
    ASSERT_TRUE(progress);
    EXPECT_EQ(progress->total_steps, 5);
    EXPECT_EQ(progress->finished_steps, 1);
}

TEST_F(InitTest, WhatCannotBeStartedFromIsRefused) {
    const auto is_refused = [](const std::function<void(InitPictures&)>& change) {
        ImageRequest changed = from_apple("Euler", 2, 0.5);
        change(*changed.init);
        Session session;
        const auto added = session.add(1, model(), changed);
        return !added && added.error().code == ErrorCode::invalid_argument;
    };
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.pictures.clear(); }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.pictures.resize(2, apple()); }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.pictures[0].width = 32; }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.pictures[0].channels = 4; }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.strength = 1.5; }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.strength = std::nan(""); }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.noise_multiplier = INFINITY; }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.mask.assign(3, 1.0F); }));
    EXPECT_TRUE(is_refused([](InitPictures& init) { init.mask.assign(kPlaces, 2.0F); }));
}

}  // namespace
}  // namespace darkroom::engine
