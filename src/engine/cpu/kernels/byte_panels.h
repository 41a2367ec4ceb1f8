// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/byte_products.h"
#include "engine/cpu/kernels/panels.h"

// Convolutions and linears whose input and weights are bytes. Whole numbers are summed under one
// tap of the window; since each pixel has a scale of its own, taps are summed in f32.

namespace darkroom::engine::cpu {
namespace {

/// A run of taps for a tile of rows.
struct ByteTile {
    /// [taps][rows] each.
    const std::uint8_t* rows[kMaxSpans * kMaxTileRows];
    ByteScale scales[kMaxSpans * kMaxTileRows];
    std::int64_t taps = 1;
    std::int64_t steps = 0;
    const std::int8_t* columns = nullptr;
    /// Of this block under the first of the taps, and the distance to the next tap's.
    const std::int32_t* column_sums = nullptr;
    std::int64_t column_sums_stride = 0;
    /// [rows][columns of the block], begun from zero when `first`, else added to.
    float* sums = nullptr;
    bool first = true;
};

template <class Product, int kRows, int kVectors>
inline void multiply_byte_tile(const ByteTile& tile) {
    constexpr std::int64_t kColumns = std::int64_t{kVectors} * kWidth;
    const std::int8_t* columns = tile.columns;
    for (std::int64_t tap = 0; tap < tile.taps; ++tap) {
        const std::uint8_t* const* row = tile.rows + tap * kRows;
        const ByteScale* scales = tile.scales + tap * kRows;
        const std::int32_t* column_sums = tile.column_sums + tap * tile.column_sums_stride;
        Ints sum[kRows][kVectors];
        DARKROOM_UNROLL
        for (int i = 0; i < kRows; ++i) {
            DARKROOM_UNROLL
            for (int v = 0; v < kVectors; ++v)
                sum[i][v] = times(load_ints(column_sums + v * kWidth), -scales[i].zero);
        }
        for (std::int64_t k = 0; k < tile.steps; ++k) {
            typename Product::Column column[kVectors];
            DARKROOM_UNROLL
            for (int v = 0; v < kVectors; ++v)
                column[v] = Product::column(columns + v * kWidth * kByteStep);
            columns += kColumns * kByteStep;
            DARKROOM_UNROLL
            for (int i = 0; i < kRows; ++i) {
                const auto value = Product::broadcast(row[i] + k * kByteStep);
                DARKROOM_UNROLL
                for (int v = 0; v < kVectors; ++v)
                    sum[i][v] = Product::accumulate(sum[i][v], value, column[v]);
            }
        }
        const bool begin = tile.first && tap == 0;
        DARKROOM_UNROLL
        for (int i = 0; i < kRows; ++i) {
            const Vec scale = splat(scales[i].scale);
            DARKROOM_UNROLL
            for (int v = 0; v < kVectors; ++v) {
                float* at = tile.sums + i * kColumns + v * kWidth;
                const Vec before = begin ? splat(0.0f) : load(at);
                store(at, multiply_add(to_floats(sum[i][v]), scale, before));
            }
        }
    }
}

template <class Product, int kVectors>
inline void multiply_byte_rows(const ByteTile& tile, int rows) {
    switch (rows) {
        case 1:
            return multiply_byte_tile<Product, 1, kVectors>(tile);
        case 2:
            return multiply_byte_tile<Product, 2, kVectors>(tile);
        case 4:
            return multiply_byte_tile<Product, 4, kVectors>(tile);
        default:
            return multiply_byte_tile<Product, tile_rows(kVectors), kVectors>(tile);
    }
}

template <class Product>
inline void multiply_bytes(const ByteTile& tile, int rows, int vectors) {
    if constexpr (kMaxVectors == 4) {
        if (vectors == 4) return multiply_byte_rows<Product, 4>(tile, rows);
        if (vectors == 3) return multiply_byte_rows<Product, 3>(tile, rows);
    }
    if (vectors == 2) return multiply_byte_rows<Product, 2>(tile, rows);
    multiply_byte_rows<Product, 1>(tile, rows);
}

/// All rows of a job under the taps that `tile` is set up for, from `first_tap` on.
template <class Product>
inline void multiply_taps(
    const PanelJob& job, ByteTile& tile, std::int64_t first_tap, int vectors, float* sums) {
    Windows<std::uint8_t> windows(job.input, job.row_begin);
    std::int64_t row = job.row_begin;
    while (row < job.row_end) {
        const int rows = next_tile_rows(job.row_end - row, vectors);
        windows.advance(rows);
        for (std::int64_t t = 0; t < tile.taps; ++t) {
            windows.for_pixels(first_tap + t, [&](int i, std::int64_t pixel) {
                tile.rows[t * rows + i] = windows.channels_of(pixel, 0);
                tile.scales[t * rows + i] =
                    pixel < 0 ? ByteScale{0.0f, 0} : job.bytes.pixels[pixel];
            });
        }
        tile.sums = sums + (row - job.row_begin) * vectors * kWidth;
        multiply_bytes<Product>(tile, rows, vectors);
        row += rows;
    }
}

template <class Product, class Element>
inline void run_byte_panels(const PanelJob& job) {
    const PanelInput& input = job.input;
    const std::int64_t taps = input.kernel * input.kernel;
    const std::int64_t steps = input.channels / kByteStep;
    const ColumnBlock block(job, taps * input.channels, kByteStep);
    const int vectors = block.vectors;
    const auto* columns = static_cast<const std::int8_t*>(job.weights) + block.offset;
    const std::int64_t stride = std::int64_t{vectors} * kWidth;

    alignas(64) float sums[kMaxPanelRows * kMaxVectors * kWidth];
    std::int64_t piece_taps = steps > kPieceSteps ? 1 : kPieceSteps / steps;
    piece_taps = piece_taps > kMaxSpans ? kMaxSpans : piece_taps;
    ByteTile tile;
    tile.steps = steps;
    tile.column_sums_stride = block.all_columns;
    for (std::int64_t tap = 0; tap < taps; tap += piece_taps) {
        tile.taps = taps - tap < piece_taps ? taps - tap : piece_taps;
        tile.columns = columns + tap * steps * stride * kByteStep;
        tile.column_sums = job.bytes.column_sums + tap * block.all_columns + block.first * kWidth;
        tile.first = tap == 0;
        multiply_taps<Product>(job, tile, tap, vectors, sums);
    }

    if (job.epilogue.wide) {
        finish_block<float>(job, block, sums);
    } else {
        finish_block<Element>(job, block, sums);
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
