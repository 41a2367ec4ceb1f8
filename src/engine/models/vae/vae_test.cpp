// SPDX-License-Identifier: Apache-2.0
#include "engine/models/vae/vae.h"

#include <cstring>

#include <gtest/gtest.h>

#include "engine/cpu/backend.h"
#include "engine/ops/elementwise.h"
#include "engine/weights/synthetic_source.h"

namespace darkroom::engine {
namespace {

constexpr std::int64_t kEverything = std::int64_t{1} << 40;

/// SD1.5's VAE at a quarter of its widths.
VaeConfig quarter() {
    VaeConfig config;
    config.level_channels = {32, 64, 128, 128};
    return config;
}

class VaeInBands : public testing::TestWithParam<DType> {
  protected:
    void SetUp() override {
        if (backend_->compute_dtype() != GetParam()) GTEST_SKIP() << "no bf16 on this CPU";
    }

    Tensor input(const Shape& shape) {
        const auto values = synthetic_stream("input:bands", shape.numel());
        return ops::cast(backend_->upload(values, shape), backend_->compute_dtype());
    }

    std::unique_ptr<CpuBackend> backend_ = CpuBackend::make({.dtype = GetParam()}).value();
};

void expect_same_bytes(const Tensor& actual, const Tensor& expected) {
    ASSERT_EQ(actual.shape(), expected.shape());
    ASSERT_EQ(std::memcmp(actual.data(), expected.data(), expected.size_bytes()), 0);
}

TEST_P(VaeInBands, NoByteDependsOnTheBands) {
    SyntheticSource source(*backend_);
    const VaeDecoder decoder(source, "", quarter());
    const VaeEncoder encoder(source, "", quarter());
    const Tensor latent = input({1, 5, 7, 4});
    const Tensor picture = decoder(latent, kEverything);
    const Tensor image = input({1, 40, 56, 3});
    const Tensor moments = encoder(image, kEverything);
    for (const std::int64_t band_pixels : {1, 100, 333, 1000}) {
        SCOPED_TRACE(band_pixels);
        expect_same_bytes(decoder(latent, band_pixels), picture);
        expect_same_bytes(encoder(image, band_pixels), moments);
    }
}

TEST_P(VaeInBands, NoByteDependsOnTheBatchOrTheThreads) {
    SyntheticSource source(*backend_);
    const VaeDecoder decoder(source, "", quarter());
    const Tensor latents = input({3, 6, 4, 4});
    backend_->set_threads(1);
    const Tensor pictures = decoder(latents, 200);
    backend_->set_threads(2);
    for (std::int64_t i = 0; i < 3; ++i)
        expect_same_bytes(decoder(latents.rows(i, i + 1), 200), pictures.rows(i, i + 1));
}

TEST_P(VaeInBands, ADecodeHoldsItsWidestMapOnce) {
    SyntheticSource source(*backend_);
    const VaeDecoder decoder(source, "", quarter());
    constexpr std::int64_t kSide = 256;
    constexpr std::int64_t kPixels = 2048;
    // What the last upsampling makes: 64 channels at full size, in f32. A residual block makes of
    // each of its bands a band of the skip and one of the hidden map, half as wide each.
    constexpr std::size_t kWidest = kSide * kSide * 64 * sizeof(float);
    constexpr std::size_t kBand = kPixels * 64 * sizeof(float);
    const Tensor latent = input({1, kSide / 8, kSide / 8, 4});
    (void)decoder(latent, kPixels);
    EXPECT_LE(backend_->peak_activation_bytes(), kWidest + 7 * kBand);
    EXPECT_GE(backend_->peak_activation_bytes(), kWidest);
}

TEST_P(VaeInBands, AnEncodeHoldsTwoOfItsWidestMaps) {
    SyntheticSource source(*backend_);
    const VaeEncoder encoder(source, "", quarter());
    constexpr std::int64_t kSide = 256;
    constexpr std::int64_t kPixels = 2048;
    constexpr std::size_t kWidest = kSide * kSide * 32 * sizeof(float);
    constexpr std::size_t kBand = kPixels * 32 * sizeof(float);
    const Tensor image = input({1, kSide, kSide, 3});
    (void)encoder(image, kPixels);
    EXPECT_LE(backend_->peak_activation_bytes(), 2 * kWidest + 10 * kBand);
}

std::string dtype_name(const testing::TestParamInfo<DType>& instance) {
    return std::string(to_string(instance.param));
}

INSTANTIATE_TEST_SUITE_P(Cpu, VaeInBands, testing::Values(DType::f32, DType::bf16), dtype_name);

}  // namespace
}  // namespace darkroom::engine
