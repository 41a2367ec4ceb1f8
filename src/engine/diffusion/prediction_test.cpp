// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/prediction.h"

#include <cmath>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ops/arithmetic.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

/// One latent and the noise mixed into it, and what a perfect network would say of them.
class PredictionTest : public testing::Test {
  protected:
    Tensor upload(const std::vector<float>& values) {
        return backend_->upload(std::span<const float>(values), {1, 4, 1, 1});
    }

    void expect_close(const Tensor& actual, const Tensor& expected) {
        const std::vector<float> a = backend_->download(actual);
        const std::vector<float> e = backend_->download(expected);
        ASSERT_EQ(a.size(), e.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            EXPECT_NEAR(a[i], e[i], 2e-5F);
        }
    }

    std::unique_ptr<Backend> backend_ = make_reference_backend();
    Tensor x0_ = upload({0.5F, -1.25F, 2.0F, 0.0F});
    Tensor noise_ = upload({-0.3F, 0.8F, 1.1F, -2.0F});
};

TEST_F(PredictionTest, NoiseAnswersGiveTheDenoisedLatent) {
    for (const float sigma : {0.03F, 1.0F, 14.6F}) {
        const Tensor x = x0_ + noise_ * sigma;
        expect_close(to_denoised(x, noise_, sigma, Prediction::eps), x0_);
    }
}

TEST_F(PredictionTest, VelocityAnswersGiveTheDenoisedLatent) {
    for (const float sigma : {0.03F, 1.0F, 14.6F}) {
        const float alpha = 1.0F / (1.0F + sigma * sigma);
        const Tensor v = noise_ * std::sqrt(alpha) - x0_ * std::sqrt(1.0F - alpha);
        const Tensor x = x0_ + noise_ * sigma;
        expect_close(to_denoised(x, v, sigma, Prediction::v), x0_);
    }
}

TEST_F(PredictionTest, BothAnswersGiveTheNoiseInTheVariancePreservingSpace) {
    const float alpha = 0.3F;
    const Tensor x = x0_ * std::sqrt(alpha) + noise_ * std::sqrt(1.0F - alpha);
    const Tensor v = noise_ * std::sqrt(alpha) - x0_ * std::sqrt(1.0F - alpha);
    expect_close(to_noise(x, noise_, alpha, Prediction::eps), noise_);
    expect_close(to_noise(x, v, alpha, Prediction::v), noise_);
}

TEST(Scalings, MakeTheNetworkInputUnitVariance) {
    for (const Prediction prediction : {Prediction::eps, Prediction::v}) {
        EXPECT_FLOAT_EQ(scalings(0.0F, prediction).c_in, 1.0F);
        EXPECT_FLOAT_EQ(scalings(3.0F, prediction).c_in, 1.0F / std::sqrt(10.0F));
    }
}

}  // namespace
}  // namespace darkroom::engine
