// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/panel_block.h"
#include "engine/cpu/kernels/products.h"

// Convolutions and linears: products of a feature map's window with packed weights.

namespace darkroom::engine::cpu {
namespace {

/// Weights of this size are multiplied with all rows of a job before the next piece, so that they
/// come from the second-level cache.
constexpr std::int64_t kPieceSteps = 1024;
constexpr std::int64_t kMaxSpans = 16;

/// What stands outside the picture.
alignas(64) constexpr std::uint32_t kZeros[kPieceSteps] = {};

/// Where the windows of a tile's rows begin.
template <class Element>
class Windows {
  public:
    Windows(const PanelInput& input, std::int64_t row) : input_(input) {
        const std::int64_t line = row / input.out_width;
        sample_ = line / input.out_height;
        out_y_ = line - sample_ * input.out_height;
        out_x_ = row - line * input.out_width;
    }

    /// Moves on to the next `rows` rows.
    void advance(int rows) {
        rows_ = rows;
        for (int i = 0; i < rows; ++i) {
            x_[i] = out_x_ * input_.stride - input_.pad_before;
            y_[i] = out_y_ * input_.stride - input_.pad_above;
            first_line_[i] = sample_ * input_.height;
            if (++out_x_ < input_.out_width) continue;
            out_x_ = 0;
            if (++out_y_ < input_.out_height) continue;
            out_y_ = 0;
            ++sample_;
        }
    }

    /// Calls to(row, pixel) for each row with the pixel under one tap, -1 outside the picture.
    template <class To>
    void for_pixels(std::int64_t tap, const To& to) const {
        const std::int64_t dy = tap / input_.kernel;
        const std::int64_t dx = tap - dy * input_.kernel;
        for (int i = 0; i < rows_; ++i) {
            const std::int64_t y = y_[i] + dy;
            const std::int64_t x = x_[i] + dx;
            const bool inside = y >= 0 && y < input_.height && x >= 0 && x < input_.width;
            to(i, inside ? (first_line_[i] + y) * input_.width + x : -1);
        }
    }

    /// Where a pixel's channels begin, `skip` channels in.
    [[nodiscard]] const Element* channels_of(std::int64_t pixel, std::int64_t skip) const {
        const auto* data = static_cast<const Element*>(input_.data);
        return pixel < 0 ? reinterpret_cast<const Element*>(kZeros)
                         : data + pixel * input_.channels + skip;
    }

    /// Writes for each row where its channels under one tap begin, `skip` channels in.
    void locate(std::int64_t tap, std::int64_t skip, const Element** pointers) const {
        for_pixels(
            tap, [&](int row, std::int64_t pixel) { pointers[row] = channels_of(pixel, skip); });
    }

  private:
    const PanelInput& input_;
    int rows_ = 0;
    std::int64_t sample_;
    std::int64_t out_y_;
    std::int64_t out_x_;
    std::int64_t x_[kMaxTileRows];
    std::int64_t y_[kMaxTileRows];
    std::int64_t first_line_[kMaxTileRows];
};

/// A run of taps, or a part of one tap's channels.
struct Piece {
    std::int64_t tap = 0;
    std::int64_t taps = 1;
    std::int64_t step = 0;
    std::int64_t steps = 0;
};

template <class Product>
inline void multiply_piece(
    const PanelJob& job,
    const Piece& piece,
    const typename Product::Element* columns,
    int vectors,
    float* sums) {
    using Element = typename Product::Element;
    const std::int64_t stride = std::int64_t{vectors} * kWidth;
    Windows<Element> windows(job.input, job.row_begin);
    std::int64_t row = job.row_begin;
    while (row < job.row_end) {
        const int rows = next_tile_rows(job.row_end - row, vectors);
        windows.advance(rows);
        const Element* pointers[kMaxSpans * kMaxTileRows];
        for (std::int64_t t = 0; t < piece.taps; ++t) {
            windows.locate(piece.tap + t, piece.step * Product::kStep, pointers + t * rows);
        }
        multiply<Product>(
            {.rows = pointers,
             .columns = columns,
             .spans = piece.taps,
             .steps = piece.steps,
             .sums = sums + (row - job.row_begin) * stride,
             .sums_stride = stride,
             .first = piece.tap == 0 && piece.step == 0},
            rows,
            vectors);
        row += rows;
    }
}

template <class Product>
inline void run_panels(const PanelJob& job) {
    using Element = typename Product::Element;
    const PanelInput& input = job.input;
    const std::int64_t taps = input.kernel * input.kernel;
    const std::int64_t steps = input.channels / Product::kStep;
    const ColumnBlock block(job, taps * input.channels, Product::kStep);
    const int vectors = block.vectors;
    const auto* columns = static_cast<const Element*>(job.weights) + block.offset;
    const std::int64_t stride = std::int64_t{vectors} * kWidth;

    alignas(64) float sums[kMaxPanelRows * kMaxVectors * kWidth];
    const std::int64_t parts = ceil_divide(steps, kPieceSteps);
    const std::int64_t part_steps = ceil_divide(steps, parts);
    std::int64_t piece_taps = parts > 1 ? 1 : kPieceSteps / steps;
    piece_taps = piece_taps > kMaxSpans ? kMaxSpans : piece_taps;
    for (std::int64_t tap = 0; tap < taps; tap += piece_taps) {
        const std::int64_t tap_count = taps - tap < piece_taps ? taps - tap : piece_taps;
        for (std::int64_t step = 0; step < steps; step += part_steps) {
            const std::int64_t count = steps - step < part_steps ? steps - step : part_steps;
            const Piece piece{tap, tap_count, step, count};
            const std::int64_t before = (tap * steps + step) * stride * Product::kStep;
            multiply_piece<Product>(job, piece, columns + before, vectors, sums);
        }
    }

    if (job.epilogue.wide) {
        finish_block<float>(job, block, sums);
    } else {
        finish_block<Element>(job, block, sums);
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
