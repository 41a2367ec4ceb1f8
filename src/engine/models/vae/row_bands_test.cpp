// SPDX-License-Identifier: Apache-2.0
#include "engine/models/vae/row_bands.h"

#include <numeric>

#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

class RowBandsTest : public testing::Test {
  protected:
    /// [1, rows, 1, 1] with the numbers from `first` on.
    Tensor band(std::int64_t rows, float first) {
        std::vector<float> values(static_cast<std::size_t>(rows));
        std::iota(values.begin(), values.end(), first);
        return backend_.upload(values, {1, rows, 1, 1});
    }

    RowBands ten_rows() {
        RowBands map(kBandPixels);
        map.append(band(4, 0));
        map.append(band(4, 4));
        map.append(band(2, 8));
        return map;
    }

    ReferenceBackend backend_;
};

TEST_F(RowBandsTest, RowsAreFoundWhereverTheMapIsCut) {
    const RowBands map = ten_rows();
    EXPECT_EQ(map.height(), 10);
    EXPECT_EQ(map.pieces({1, 3}).size(), 1u);
    EXPECT_EQ(map.pieces({3, 9}).size(), 3u);
    EXPECT_EQ(backend_.download(map.joined({3, 9})), (std::vector<float>{3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(map.joined().shape(), (Shape{1, 10, 1, 1}));
    EXPECT_THROW((void)map.pieces({8, 11}), ContractViolation);
}

TEST_F(RowBandsTest, WhatIsGivenUpIsGoneAndTheRestKeepsItsRows) {
    RowBands map = ten_rows();
    map.give_up_above(7);
    EXPECT_THROW((void)map.all(), ContractViolation);
    EXPECT_THROW((void)map.pieces({6, 8}), ContractViolation);
    EXPECT_EQ(backend_.download(map.joined({7, 10})), (std::vector<float>{7, 8, 9}));
    map.give_up_above(10);
    EXPECT_THROW((void)map.pieces({9, 10}), ContractViolation);
}

TEST_F(RowBandsTest, GivenUpBandsReturnTheirMemory) {
    RowBands map(kBandPixels);
    for (int i = 0; i < 8; ++i)
        map.append(backend_.empty({1, 16, 64, 16}, DType::f32));
    const std::size_t before = backend_.peak_activation_bytes();
    map.give_up_above(127);
    // One row is kept apart from its band, so seven and a half fit where eight were.
    const Tensor reused = backend_.empty({1, 112, 64, 16}, DType::f32);
    EXPECT_EQ(backend_.peak_activation_bytes(), before);
}

TEST_F(RowBandsTest, BandsOfAConvolutionCoverItsResultOnce) {
    const Conv2dSpec down{8, 8, 3, 2, 0, 1};
    const std::vector<ConvolutionBand> bands = convolution_bands(down, 17, 10, 20);
    std::int64_t row = 0;
    for (const ConvolutionBand& band : bands) {
        EXPECT_EQ(band.result.begin, row);
        EXPECT_EQ(band.input.begin, 2 * row);
        row = band.result.end;
    }
    EXPECT_EQ(row, 8);
    EXPECT_EQ(bands.size(), 2u);
    EXPECT_EQ(bands.front().needed_from, bands.back().input.begin);
    EXPECT_EQ(bands.back().input.end, 17);
    EXPECT_EQ(bands.back().padding.below, 0);
}

TEST_F(RowBandsTest, BandsOfLayersThatBearRoundingBeginAtEvenRows) {
    for (const std::int64_t band_pixels : {1, 15, 16, 40}) {
        for (const ConvolutionBand& band : convolution_bands(
                 {.in_channels = 8, .out_channels = 8, .quantisable = true}, 17, 5, band_pixels)) {
            EXPECT_EQ(band.result.begin % 2, 0);
        }
    }
}

TEST_F(RowBandsTest, BandsOfAnUpsamplingConvolutionHoldBothRowsOfEachPixel) {
    const Conv2dSpec up{.in_channels = 8, .out_channels = 8, .upsampled = true};
    const std::vector<ConvolutionBand> bands = convolution_bands(up, 7, 5, 40);
    ASSERT_EQ(bands.size(), 4u);
    std::int64_t row = 0;
    for (const ConvolutionBand& band : bands) {
        EXPECT_EQ(band.result.begin, row);
        EXPECT_EQ(band.input.begin, std::max<std::int64_t>(0, row / 2 - 1));
        row = band.result.end;
        EXPECT_EQ(band.input.end, std::min<std::int64_t>(7, row / 2 + 1));
    }
    EXPECT_EQ(row, 14);
    EXPECT_EQ(bands.front().padding.above, 1);
    EXPECT_EQ(bands[1].padding.above, 0);
    EXPECT_EQ(bands.back().padding.below, 1);
    EXPECT_EQ(bands.front().needed_from, bands[1].input.begin);
}

}  // namespace
}  // namespace darkroom::engine
