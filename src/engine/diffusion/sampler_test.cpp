// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/sampler.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/diffusion/samplers/registry.h"
#include "engine/diffusion/schedules.h"
#include "engine/ops/arithmetic.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

class FakeNoise final : public NoiseSource {
  public:
    explicit FakeNoise(Tensor noise) : noise_(std::move(noise)) {}

    Tensor next() override {
        if (draws_left && (*draws_left)-- == 0) throw std::runtime_error("no more noise");
        return noise_;
    }

    std::optional<int> draws_left;

  private:
    Tensor noise_;
};

/// A coroutine that fails without ever asking for anything.
Sampler failing(SamplerInputs in) {
    const Tensor noise = in.draw();
    const Step step;
    const Tensor denoised = co_await denoise(noise, step);
    co_return denoised;
}

class SamplerTest : public testing::Test {
  protected:
    Tensor latent(float value) {
        const std::vector<float> values(4 * 2 * 2, value);
        return backend_->upload(std::span<const float>(values), {1, 4, 2, 2});
    }

    SamplerInputs inputs(int steps) {
        const Discretisation discretisation = Discretisation::scaled_linear();
        const std::vector<float> sigmas = *make_sigmas("karras", steps, discretisation);
        const std::vector<int> timesteps = *make_timesteps(steps, discretisation);
        return {
            .start = initial_latent(latent(1.0F), sigmas.front()),
            .steps = make_steps(sigmas),
            .timesteps = make_timestep_steps(timesteps, discretisation),
            .noise = &noise_};
    }

    static Tensor half_of(const NetworkCall& call) { return call.x() * 0.5F; }

    float first_value(const Tensor& x) { return backend_->download(x).front(); }

    std::unique_ptr<Backend> backend_ = make_reference_backend();
    FakeNoise noise_ = FakeNoise(latent(0.25F));
};

TEST_F(SamplerTest, WaitsForItsFirstCallAtOnce) {
    const Sampler sampler = find_sampler("Euler")->start(inputs(3));
    EXPECT_FALSE(sampler.done());
    EXPECT_EQ(sampler.pending().kind(), NetworkCall::Kind::denoise);
    EXPECT_FLOAT_EQ(sampler.pending().level(), 14.614642F);
    EXPECT_THROW(static_cast<void>(sampler.result()), ContractViolation);
}

TEST_F(SamplerTest, CallsSayHowManyStepsAreFinished) {
    for (const SamplerSpec& spec : samplers()) {
        Sampler sampler = spec.start(inputs(4));
        int last = 0;
        const int total = spec.uses_timesteps ? 3 : 4;
        EXPECT_EQ(sampler.pending().finished_steps(), 0) << spec.name;
        while (!sampler.done()) {
            EXPECT_EQ(sampler.pending().total_steps(), total) << spec.name;
            EXPECT_LE(sampler.pending().finished_steps() - last, 1) << spec.name;
            last = sampler.pending().finished_steps();
            sampler.resume(half_of(sampler.pending()));
        }
        EXPECT_EQ(last, total - 1) << spec.name;
    }
}

TEST_F(SamplerTest, WithoutStepsTheStartIsTheResult) {
    for (const SamplerSpec& spec : samplers()) {
        SamplerInputs in = inputs(4);
        in.steps.clear();
        in.timesteps.clear();
        const float start = first_value(in.start);
        const Sampler sampler = spec.start(std::move(in));
        EXPECT_TRUE(sampler.done()) << spec.name;
        EXPECT_EQ(first_value(sampler.result()), start) << spec.name;
        EXPECT_THROW(static_cast<void>(sampler.pending()), ContractViolation) << spec.name;
    }
}

TEST_F(SamplerTest, RunsDoNotDisturbEachOther) {
    for (const SamplerSpec& spec : samplers()) {
        Sampler alone = spec.start(inputs(5));
        while (!alone.done())
            alone.resume(half_of(alone.pending()));

        Sampler first = spec.start(inputs(5));
        Sampler second = spec.start(inputs(3));
        while (!first.done()) {
            first.resume(half_of(first.pending()));
            if (!second.done()) second.resume(second.pending().x() * 0.75F);
        }
        EXPECT_EQ(first_value(first.result()), first_value(alone.result())) << spec.name;
    }
}

TEST_F(SamplerTest, DestroyingAHalfDoneRunGivesItsTensorsBack) {
    for (const SamplerSpec& spec : samplers()) {
        std::size_t peak = 0;
        for (int round = 0; round < 3; ++round) {
            for (int calls = 0; calls < 4; ++calls) {
                Sampler sampler = spec.start(inputs(4));
                for (int i = 0; i < calls && !sampler.done(); ++i) {
                    sampler.resume(half_of(sampler.pending()));
                }
            }
            if (round == 0) peak = backend_->peak_activation_bytes();
        }
        EXPECT_EQ(backend_->peak_activation_bytes(), peak) << spec.name;
    }
}

TEST_F(SamplerTest, MovesWithItsRun) {
    Sampler sampler = find_sampler("Heun")->start(inputs(2));
    sampler.resume(half_of(sampler.pending()));
    Sampler moved = std::move(sampler);
    while (!moved.done())
        moved.resume(half_of(moved.pending()));
    Sampler assigned = find_sampler("Euler")->start(inputs(2));
    assigned = std::move(moved);
    EXPECT_TRUE(assigned.done());
    EXPECT_TRUE(static_cast<bool>(assigned.result()));
}

TEST_F(SamplerTest, AnExceptionWhileResumingEndsThatRunOnly) {
    FakeNoise exhausted(latent(0.5F));
    exhausted.draws_left = 1;
    SamplerInputs in = inputs(3);
    in.noise = &exhausted;
    Sampler broken = find_sampler("Euler")->start(std::move(in));
    Sampler sound = find_sampler("Euler")->start(inputs(3));

    EXPECT_THROW(broken.resume(half_of(broken.pending())), std::runtime_error);
    EXPECT_TRUE(broken.done());
    EXPECT_THROW(static_cast<void>(broken.result()), std::runtime_error);
    EXPECT_THROW(broken.resume(latent(0.0F)), ContractViolation);

    while (!sound.done())
        sound.resume(half_of(sound.pending()));
    EXPECT_TRUE(static_cast<bool>(sound.result()));
}

TEST_F(SamplerTest, AnExceptionBeforeTheFirstCallComesWithTheResult) {
    FakeNoise exhausted(latent(0.5F));
    exhausted.draws_left = 0;
    SamplerInputs in = inputs(3);
    in.noise = &exhausted;
    const Sampler sampler = failing(std::move(in));
    EXPECT_TRUE(sampler.done());
    EXPECT_THROW(static_cast<void>(sampler.result()), std::runtime_error);
}

TEST_F(SamplerTest, AnswersOfAnotherShapeAreRefusedAndTheRunGoesOn) {
    Sampler sampler = find_sampler("Euler")->start(inputs(1));
    const std::vector<float> values(4, 0.0F);
    const Tensor small = backend_->upload(std::span<const float>(values), {1, 4, 1, 1});
    EXPECT_THROW(sampler.resume(small), ContractViolation);
    EXPECT_THROW(sampler.resume(Tensor{}), ContractViolation);
    sampler.resume(half_of(sampler.pending()));
    EXPECT_TRUE(sampler.done());
}

TEST_F(SamplerTest, DrawingWithoutASourceIsRefused) {
    SamplerInputs in = inputs(3);
    in.noise = nullptr;
    const Sampler sampler = find_sampler("Euler")->start(std::move(in));
    EXPECT_THROW(static_cast<void>(sampler.result()), ContractViolation);
}

TEST(Steps, MustNotRiseAndEndAtZeroOnce) {
    const std::vector<Step> steps = make_steps(std::vector<float>{2.0F, 1.0F, 0.0F});
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[1].sigma, 1.0F);
    EXPECT_EQ(steps[1].next_sigma, 0.0F);
    EXPECT_EQ(steps[1].index, 1);
    EXPECT_EQ(steps[1].count, 2);
    EXPECT_TRUE(make_steps(std::vector<float>{1.0F}).empty());
    EXPECT_THROW(make_steps(std::vector<float>{1.0F, 2.0F}), ContractViolation);
    EXPECT_THROW(make_steps(std::vector<float>{1.0F, 0.0F, 0.0F}), ContractViolation);
}

TEST(Steps, TimestepsRunDownToTheSecond) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    const auto steps = make_timestep_steps(std::vector<int>{1, 334, 667, 999}, discretisation);
    ASSERT_EQ(steps.size(), 3U);
    EXPECT_EQ(steps.front().timestep, 999);
    EXPECT_EQ(steps.back().timestep, 334);
    EXPECT_EQ(steps.back().alpha, discretisation.alphas_cumprod()[334]);
    EXPECT_EQ(steps.back().next_alpha, static_cast<double>(discretisation.alphas_cumprod()[1]));
    EXPECT_THROW(make_timestep_steps(std::vector<int>{1, 1000}, discretisation), ContractViolation);
}

}  // namespace
}  // namespace darkroom::engine
