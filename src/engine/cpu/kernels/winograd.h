// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/panel_block.h"
#include "engine/cpu/kernels/products.h"

// Convolutions of three by three as Winograd's F(2x2, 3x3): Lavin and Gray, Fast Algorithms for
// Convolutional Neural Networks (arXiv 1509.09308). A tile of 4x4 pixels becomes sixteen numbers
// for each channel, they are multiplied with sixteen in the place of nine weights, and what comes
// out becomes 2x2 results: 16 products where the definition has 36.

namespace darkroom::engine::cpu {
namespace {

static_assert(kWholeVectors % kWidth == 0, "a tile's channels come in whole vectors");

/// B^T d.
inline void transform_pixels(const Vec (&d)[4], Vec (&t)[4]) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[1] - d[3];
}

/// A^T m.
inline void transform_sums(const Vec (&m)[4], Vec (&y)[2]) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
}

/// A tile's sample, and where its results begin in it.
struct TilePlace {
    TilePlace(const WinogradTiles& tiles, std::int64_t tile) {
        const std::int64_t line = tile / tiles.across;
        sample = line / tiles.down;
        y = (line - sample * tiles.down) * 2;
        x = (tile - line * tiles.across) * 2;
    }

    std::int64_t sample;
    std::int64_t y;
    std::int64_t x;
};

/// Where the channels of a tile's pixels begin; null outside the picture.
template <class Element>
struct TilePixels {
    const Element* at[4][4];
    bool inside = true;
};

template <class Element>
inline TilePixels<Element> pixels_of(const TransformJob& job, std::int64_t tile) {
    const PanelInput& input = job.input;
    const TilePlace place(job.tiles, tile);
    const auto* data = static_cast<const Element*>(input.data);
    TilePixels<Element> pixels;
    for (std::int64_t i = 0; i < 4; ++i) {
        for (std::int64_t j = 0; j < 4; ++j) {
            const std::int64_t y = place.y - input.pad_above + i;
            const std::int64_t x = place.x - input.pad_before + j;
            const bool inside = y >= 0 && y < input.height && x >= 0 && x < input.width;
            const std::int64_t pixel = (place.sample * input.height + y) * input.width + x;
            pixels.at[i][j] = inside ? data + pixel * input.channels : nullptr;
            pixels.inside = pixels.inside && inside;
        }
    }
    return pixels;
}

template <bool kInside, class Element>
inline void transform_tile(
    const TilePixels<Element>& pixels, std::int64_t channels, Element* out, std::int64_t plane) {
    for (std::int64_t c = 0; c < channels; c += kWidth) {
        Vec columns[4][4];
        DARKROOM_UNROLL
        for (int j = 0; j < 4; ++j) {
            Vec d[4];
            DARKROOM_UNROLL
            for (int i = 0; i < 4; ++i) {
                const Element* pixel = pixels.at[i][j];
                d[i] = kInside || pixel != nullptr ? load(pixel + c) : splat(0.0f);
            }
            Vec t[4];
            transform_pixels(d, t);
            DARKROOM_UNROLL
            for (int i = 0; i < 4; ++i)
                columns[i][j] = t[i];
        }
        DARKROOM_UNROLL
        for (int i = 0; i < 4; ++i) {
            Vec t[4];
            transform_pixels(columns[i], t);
            DARKROOM_UNROLL
            for (int j = 0; j < 4; ++j)
                store(out + (4 * i + j) * plane + c, t[j]);
        }
    }
}

template <class Element>
inline void transform_tiles(const TransformJob& job) {
    const std::int64_t channels = job.input.channels;
    auto* transformed = static_cast<Element*>(job.transformed);
    for (std::int64_t tile = job.begin; tile < job.end; ++tile) {
        const TilePixels<Element> pixels = pixels_of<Element>(job, tile);
        Element* out = transformed + (tile - job.tiles.first) * channels;
        if (pixels.inside) {
            transform_tile<true>(pixels, channels, out, job.tiles.plane);
        } else {
            transform_tile<false>(pixels, channels, out, job.tiles.plane);
        }
    }
}

/// The job's tiles times one of the sixteen weights; sums [tiles][columns of the block].
template <class Product>
inline void multiply_plane(
    const PanelJob& job, const ColumnBlock& block, std::int64_t plane, float* sums) {
    using Element = typename Product::Element;
    const std::int64_t channels = job.input.channels;
    const std::int64_t stride = std::int64_t{block.vectors} * kWidth;
    const Element* row = static_cast<const Element*>(job.input.data) + plane * job.tiles.plane +
                         (job.row_begin - job.tiles.first) * channels;
    const Element* columns =
        static_cast<const Element*>(job.weights) + block.offset + plane * channels * stride;
    for (std::int64_t left = job.row_end - job.row_begin; left > 0;) {
        const int rows = next_tile_rows(left, block.vectors);
        const Element* pointers[kMaxTileRows];
        for (int i = 0; i < rows; ++i, row += channels)
            pointers[i] = row;
        multiply<Product>(
            {.rows = pointers,
             .columns = columns,
             .steps = channels / Product::kStep,
             .sums = sums,
             .sums_stride = stride},
            rows,
            block.vectors);
        sums += rows * stride;
        left -= rows;
    }
}

/// The four results of each tile, epilogue included; sums [16][tiles][columns of the block].
template <class Element>
inline void finish_tiles(const PanelJob& job, const ColumnBlock& block, const float* sums) {
    const PanelInput& input = job.input;
    const std::int64_t stride = std::int64_t{block.vectors} * kWidth;
    const std::int64_t plane = (job.row_end - job.row_begin) * stride;
    PixelEnd<Element> end(job, block);
    alignas(64) float results[4][kMaxVectors * kWidth];
    for (std::int64_t tile = job.row_begin; tile < job.row_end; ++tile) {
        for (int v = 0; v < block.vectors; ++v, sums += kWidth) {
            Vec rows[2][4];
            DARKROOM_UNROLL
            for (int j = 0; j < 4; ++j) {
                Vec m[4];
                DARKROOM_UNROLL
                for (int i = 0; i < 4; ++i)
                    m[i] = load(sums + (4 * i + j) * plane);
                Vec y[2];
                transform_sums(m, y);
                rows[0][j] = y[0];
                rows[1][j] = y[1];
            }
            DARKROOM_UNROLL
            for (int i = 0; i < 2; ++i) {
                Vec y[2];
                transform_sums(rows[i], y);
                store(results[2 * i] + v * kWidth, y[0]);
                store(results[2 * i + 1] + v * kWidth, y[1]);
            }
        }
        const TilePlace place(job.tiles, tile);
        for (int i = 0; i < 4; ++i) {
            const std::int64_t y = place.y + i / 2;
            const std::int64_t x = place.x + i % 2;
            if (y >= input.out_height || x >= input.out_width) continue;
            const std::int64_t pixel = (place.sample * input.out_height + y) * input.out_width + x;
            end.finish(pixel, pixel, results[i]);
        }
    }
}

template <class Product>
inline void run_winograd(const PanelJob& job) {
    const ColumnBlock block(job, kTransformed * job.input.channels, Product::kStep);
    const std::int64_t plane = (job.row_end - job.row_begin) * std::int64_t{block.vectors} * kWidth;
    alignas(64) float sums[kTransformed * kMaxTiles * kMaxVectors * kWidth];
    for (std::int64_t i = 0; i < kTransformed; ++i)
        multiply_plane<Product>(job, block, i, sums + i * plane);
    if (job.epilogue.wide) {
        finish_tiles<float>(job, block, sums);
    } else {
        finish_tiles<typename Product::Element>(job, block, sums);
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
