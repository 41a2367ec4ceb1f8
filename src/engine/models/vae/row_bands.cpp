// SPDX-License-Identifier: Apache-2.0
#include "engine/models/vae/row_bands.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/ops/feature_map.h"
#include "engine/ops/matrix.h"

namespace darkroom::engine {
namespace {

/// As many rows as there are numbers along the first axis but one.
Tensor as_rows(const Tensor& map) {
    const Shape& shape = map.shape();
    DARKROOM_CHECK(
        shape.rank() == 4 && shape[0] == 1, "bands of {}, not of one sample", to_string(shape));
    return map.reshape({shape[1], shape[2], shape[3]});
}

Tensor as_map(const Tensor& rows) {
    const Shape& shape = rows.shape();
    return rows.reshape({1, shape[0], shape[1], shape[2]});
}

}  // namespace

Tensor rows_of(const Tensor& map, const RowRange& rows) {
    return as_map(as_rows(map).rows(rows.begin, rows.end));
}

void RowBands::append(Tensor band) {
    height_ += as_rows(band).shape()[0];
    bands_.push_back(std::move(band));
}

std::int64_t RowBands::width() const {
    DARKROOM_CHECK(!bands_.empty(), "an empty map has no width");
    return bands_.front().shape()[2];
}

std::span<const Tensor> RowBands::all() const {
    DARKROOM_CHECK(first_row_ == 0, "{} rows of a map are given up", first_row_);
    return bands_;
}

std::vector<Tensor> RowBands::pieces(const RowRange& rows) const {
    DARKROOM_CHECK(
        first_row_ <= rows.begin && rows.begin < rows.end && rows.end <= height_,
        "rows {}..{} of {}..{}",
        rows.begin,
        rows.end,
        first_row_,
        height_);
    std::vector<Tensor> found;
    std::int64_t top = first_row_;
    for (const Tensor& band : bands_) {
        const std::int64_t bottom = top + band.shape()[1];
        const RowRange own{std::max(rows.begin, top) - top, std::min(rows.end, bottom) - top};
        if (own.begin < own.end) found.push_back(rows_of(band, own));
        top = bottom;
    }
    return found;
}

Tensor RowBands::joined(const RowRange& rows) const {
    std::vector<Tensor> found = pieces(rows);
    if (found.size() == 1) return found.front();
    for (Tensor& piece : found)
        piece = as_rows(piece);
    return as_map(ops::concat_samples(found));
}

void RowBands::give_up_above(std::int64_t row) {
    auto kept = bands_.begin();
    while (kept != bands_.end() && first_row_ + kept->shape()[1] <= row) {
        first_row_ += kept->shape()[1];
        ++kept;
    }
    bands_.erase(bands_.begin(), kept);
    if (bands_.empty()) return;
    // The few rows that are still needed do not hold a whole band.
    Tensor& first = bands_.front();
    const std::int64_t rows = first.shape()[1];
    const std::int64_t needed = first_row_ + rows - row;
    if (2 * needed > rows) return;
    const Tensor rest = rows_of(first, {rows - needed, rows});
    first = ops::concat_samples(std::span(&rest, 1));
    first_row_ = row;
}

std::vector<ConvolutionBand> convolution_bands(
    const Conv2dSpec& spec, std::int64_t height, std::int64_t width, std::int64_t band_pixels) {
    // Counted in positions of the kernel.
    const std::int64_t growth = spec.growth();
    const std::int64_t positions = ops::convolved_extent(spec, height) / growth;
    const std::int64_t out_width = ops::convolved_extent(spec, width);
    std::int64_t rows =
        std::max<std::int64_t>(1, band_pixels / std::max<std::int64_t>(1, growth * out_width));
    // As ops::conv2d_band demands.
    if (spec.quantisable) rows += rows % 2;
    std::vector<ConvolutionBand> bands;
    for (std::int64_t begin = 0; begin < positions; begin += rows) {
        const std::int64_t end = std::min(positions, begin + rows);
        const std::int64_t top = begin * spec.stride - spec.pad_before;
        const std::int64_t bottom = (end - 1) * spec.stride - spec.pad_before + spec.kernel;
        const std::int64_t next = end * spec.stride - spec.pad_before;
        bands.push_back(
            {.result = {growth * begin, growth * end},
             .input = {std::max<std::int64_t>(0, top), std::min(height, bottom)},
             .padding =
                 {std::max<std::int64_t>(0, -top), std::max<std::int64_t>(0, bottom - height)},
             .needed_from = end == positions ? height : std::max<std::int64_t>(0, next)});
    }
    return bands;
}

}  // namespace darkroom::engine
