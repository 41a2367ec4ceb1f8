// SPDX-License-Identifier: Apache-2.0
// A map in bands of rows gives the bytes that it gives in one piece.

#include <cstring>

#include "base/format.h"
#include "conformance/twins.h"
#include "engine/ops/feature_map.h"
#include "engine/ops/matrix.h"
#include "engine/ops/norm.h"

namespace darkroom::engine::conformance {
namespace {

/// Rows [begin, end) of a map [1, h, w, c] as a tensor of its own.
Tensor band_of(const Tensor& map, std::int64_t begin, std::int64_t end) {
    const Shape& shape = map.shape();
    const Tensor rows = map.reshape({shape[1], shape[2], shape[3]}).rows(begin, end);
    return ops::concat_samples(std::span(&rows, 1)).reshape({1, end - begin, shape[2], shape[3]});
}

/// A map in bands of those heights; what is left over is the last one.
std::vector<Tensor> cut(const Tensor& map, const std::vector<std::int64_t>& heights) {
    std::vector<Tensor> bands;
    std::int64_t row = 0;
    for (const std::int64_t height : heights) {
        bands.push_back(band_of(map, row, row + height));
        row += height;
    }
    bands.push_back(band_of(map, row, map.shape()[1]));
    return bands;
}

void expect_same_bytes(const Tensor& actual, const Tensor& expected) {
    ASSERT_EQ(actual.shape(), expected.shape());
    ASSERT_EQ(actual.dtype(), expected.dtype());
    EXPECT_EQ(std::memcmp(actual.data(), expected.data(), expected.size_bytes()), 0);
}

class BandConformance : public Conformance {
  protected:
    void check_group_norm(const Twin& x, const std::vector<std::int64_t>& heights) {
        RandomNumbers numbers(9);
        const std::int64_t channels = x.tested.shape()[3];
        const Twin gamma = f32_twin(numbers, {channels}, {.mean = 1.0f});
        const Twin beta = f32_twin(numbers, {channels});
        const GroupNormOptions options{.groups = 8, .activation = Activation::silu};
        const std::vector<Tensor> bands = cut(x.tested, heights);
        const Tensor scales = ops::group_scales(bands, gamma.tested, beta.tested, options);
        const Tensor joined = ops::normalise(bands, scales, options.activation);
        expect_same_bytes(joined, ops::group_norm(x.tested, gamma.tested, beta.tested, options));
        const std::vector<Tensor> reference = cut(x.reference, heights);
        expect_close(
            {.tested = joined,
             .reference = ops::normalise(
                 reference,
                 ops::group_scales(reference, gamma.reference, beta.reference, options),
                 options.activation)},
            Arithmetic::sum);
        std::int64_t row = 0;
        for (const Tensor& band : bands) {
            const std::int64_t end = row + band.shape()[1];
            expect_same_bytes(
                ops::normalise(std::span(&band, 1), scales, options.activation),
                band_of(joined, row, end));
            row = end;
        }
    }

    /// Bands of so many positions of the kernel, each from no more of the input than it needs.
    void check_conv2d(const Shape& input, const Conv2dSpec& spec, std::int64_t rows) {
        SCOPED_TRACE(format(
            "{}, stride {}, {} times, {} rows",
            to_string(input),
            spec.stride,
            spec.growth(),
            rows));
        RandomNumbers numbers(10);
        const Twin x = twin(numbers, input);
        const TwinWeights matrix = weights(numbers, spec);
        const Twin whole{
            .tested = ops::conv2d(x.tested, matrix.tested),
            .reference = ops::conv2d(x.reference, matrix.reference)};
        expect_close(whole, arithmetic_of(spec));
        const std::int64_t growth = spec.growth();
        const std::int64_t positions = whole.tested.shape()[1] / growth;
        for (std::int64_t row = 0; row < positions; row += rows) {
            const std::int64_t end = std::min(row + rows, positions);
            const std::int64_t top = row * spec.stride - spec.pad_before;
            const std::int64_t bottom = (end - 1) * spec.stride - spec.pad_before + spec.kernel;
            const RowPadding padding{
                std::max<std::int64_t>(0, -top), std::max<std::int64_t>(0, bottom - input[1])};
            const auto band = [&](const Tensor& map) {
                return band_of(map, top + padding.above, bottom - padding.below);
            };
            expect_same_bytes(
                ops::conv2d_band(band(x.tested), matrix.tested, padding),
                band_of(whole.tested, growth * row, growth * end));
            expect_close(
                {.tested = ops::conv2d_band(band(x.tested), matrix.tested, padding),
                 .reference = ops::conv2d_band(band(x.reference), matrix.reference, padding)},
                arithmetic_of(spec));
        }
    }
};

TEST_P(BandConformance, GroupNormOfBandsIsThatOfTheWhole) {
    for (const bool wide : {false, true}) {
        RandomNumbers numbers(1);
        const Shape shape{1, 71, 67, 40};
        const Twin x = wide ? f32_twin(numbers, shape) : twin(numbers, shape);
        check_group_norm(x, {});
        check_group_norm(x, {32});
        check_group_norm(x, {1, 1, 1, 7, 30});
        check_group_norm(x, std::vector<std::int64_t>(70, 1));
    }
}

TEST_P(BandConformance, GroupNormOfBandsNarrowerThanOneSum) {
    RandomNumbers numbers(2);
    const Twin x = twin(numbers, {1, 40, 3, 24});
    check_group_norm(x, std::vector<std::int64_t>(39, 1));
    check_group_norm(x, {5, 6, 7, 8});
}

TEST_P(BandConformance, ConvolutionOfBandsIsThatOfTheWhole) {
    const Conv2dSpec down{
        .in_channels = 32, .out_channels = 40, .stride = 2, .pad_before = 0, .pad_after = 1};
    const Conv2dSpec plain{.in_channels = 24, .out_channels = 32};
    const Conv2dSpec odd{.in_channels = 3, .out_channels = 32};
    const Conv2dSpec up{.in_channels = 24, .out_channels = 32, .upsampled = true};
    const Conv2dSpec winograd{.in_channels = 256, .out_channels = 272, .quantisable = true};
    for (const std::int64_t rows : {2, 6, 16})
        check_conv2d({1, 19, 13, 256}, winograd, rows);
    for (const std::int64_t rows : {1, 2, 5, 16}) {
        check_conv2d({1, 19, 13, 24}, plain, rows);
        check_conv2d({1, 19, 13, 3}, odd, rows);
        check_conv2d({1, 19, 13, 24}, up, rows);
        check_conv2d({1, 18, 12, 32}, down, rows);
        check_conv2d({1, 17, 11, 32}, down, rows);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, BandConformance, ::testing::ValuesIn(production_backends()), name_of);

}  // namespace
}  // namespace darkroom::engine::conformance
