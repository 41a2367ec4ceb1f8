// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/tensor/backend.h"

// The widest maps of a VAE are its peak of memory. In bands of rows a layer gives its input up
// while it makes its result, so that the two are never there at once; operands that only one band
// needs are made for that band.

namespace darkroom::engine {

/// Pixels of a band. Smaller ones make more rows twice, which two bands need; larger ones take more
/// memory.
inline constexpr std::int64_t kBandPixels = 8192;

/// Rows [begin, end) of a map.
struct RowRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// A feature map of one sample in bands of rows, [1, rows, w, c] from the top down. No byte of a
/// result depends on where it is cut.
class RowBands {
  public:
    /// An empty map, which is to have bands of about so many pixels.
    explicit RowBands(std::int64_t band_pixels) : band_pixels_(band_pixels) {}
    /// A whole map, in one piece until a layer makes another of it.
    RowBands(Tensor map, std::int64_t band_pixels) : band_pixels_(band_pixels) {
        append(std::move(map));
    }

    void append(Tensor band);

    [[nodiscard]] std::int64_t band_pixels() const { return band_pixels_; }
    [[nodiscard]] std::int64_t height() const { return height_; }
    [[nodiscard]] std::int64_t width() const;

    /// All bands. Throws when some are given up.
    [[nodiscard]] std::span<const Tensor> all() const;
    /// The pieces of bands that hold these rows.
    [[nodiscard]] std::vector<Tensor> pieces(const RowRange& rows) const;
    /// These rows as one tensor, copied only if they lie in several bands.
    [[nodiscard]] Tensor joined(const RowRange& rows) const;
    [[nodiscard]] Tensor joined() const { return joined({0, height_}); }

    /// Gives up what lies above `row`.
    void give_up_above(std::int64_t row);

  private:
    std::int64_t band_pixels_;
    std::vector<Tensor> bands_;
    std::int64_t first_row_ = 0;
    std::int64_t height_ = 0;
};

/// One band of a convolution's result.
struct ConvolutionBand {
    RowRange result;
    /// What it is made of, and the zeros around that.
    RowRange input;
    RowPadding padding;
    /// The first row of the input that the bands below need.
    std::int64_t needed_from = 0;
};

/// The bands in which a convolution of a map of that size is made.
std::vector<ConvolutionBand> convolution_bands(
    const Conv2dSpec& spec, std::int64_t height, std::int64_t width, std::int64_t band_pixels);

/// The result of a convolution of x, which is given up: make(band) for each of its bands.
template <class Make>
RowBands convolve_bands(const Conv2dSpec& spec, RowBands& x, const Make& make) {
    RowBands result(x.band_pixels());
    for (const ConvolutionBand& band :
         convolution_bands(spec, x.height(), x.width(), x.band_pixels())) {
        result.append(make(band));
        x.give_up_above(band.needed_from);
    }
    return result;
}

/// Rows of a map [1, h, w, c], sharing its numbers.
Tensor rows_of(const Tensor& map, const RowRange& rows);

}  // namespace darkroom::engine
