// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "engine/cpu/kernels/attention_layout.h"
#include "engine/cpu/kernels/products.h"

// Attention over packed keys and values with a running softmax (Dao et al. 2022, algorithm 1; row
// maximum and sum as in Milakov and Gimelshein 2018).

namespace darkroom::engine::cpu {
namespace {

constexpr float kLog2E = 1.44269504f;

/// Scores and probabilities of one query block against one key tile.
template <class Product>
struct TileScores {
    alignas(64) float scores[kQueryBlock * kKeyTile];
    alignas(64) typename Product::Element weights[kQueryBlock * kKeyTile];
    float largest[kQueryBlock];
    float total[kQueryBlock];
};

/// Copies a row of `size` channels into one column of a block, zeros behind its end; all zeros
/// for no row.
template <class Product>
inline void pack_column(
    const typename Product::Element* row,
    std::int64_t size,
    typename Product::Element* out,
    std::int64_t columns) {
    using Element = typename Product::Element;
    constexpr int kStep = Product::kStep;
    std::int64_t k = 0;
    if (row != nullptr) {
        for (; k + kStep <= size; k += kStep, out += columns * kStep) {
            __builtin_memcpy(out, row + k, kStep * sizeof(Element));
        }
    }
    for (; k < size; k += kStep, out += columns * kStep) {
        for (int i = 0; i < kStep; ++i) {
            out[i] = row != nullptr && k + i < size ? row[k + i] : Element{};
        }
    }
}

template <class Product>
inline void pack_keys(const PackJob& job) {
    using Element = typename Product::Element;
    const auto* source = static_cast<const Element*>(job.source);
    auto* packed = static_cast<Element*>(job.packed);
    for (std::int64_t begin = 0; begin < job.rows; begin += kKeyTile) {
        const std::int64_t left = job.rows - begin;
        const PanelLayout layout = key_layout<Product>(left < kKeyTile ? left : kKeyTile, job.size);
        for (std::int64_t block = 0; block < layout.blocks(); ++block) {
            const std::int64_t first = begin + layout.first_vector(block) * kWidth;
            const std::int64_t columns = begin + layout.first_vector(block + 1) * kWidth - first;
            Element* out = packed + layout.offset(block);
            for (std::int64_t n = 0; n < columns; ++n) {
                const bool inside = first + n < job.rows;
                pack_column<Product>(
                    inside ? source + (first + n) * job.stride : nullptr,
                    job.size,
                    out + n * Product::kStep,
                    columns);
            }
        }
        packed += layout.size();
    }
}

/// Interleaves `columns` channels of kStep neighbouring rows, of which `rows` exist.
template <class Product>
inline void pack_rows(
    const typename Product::Element* __restrict source,
    std::int64_t stride,
    std::int64_t rows,
    std::int64_t columns,
    typename Product::Element* __restrict out) {
    using Element = typename Product::Element;
    constexpr int kStep = Product::kStep;
    if (rows >= kStep) {
        for (std::int64_t n = 0; n < columns; ++n) {
            for (int i = 0; i < kStep; ++i)
                out[n * kStep + i] = source[i * stride + n];
        }
        return;
    }
    for (std::int64_t n = 0; n < columns; ++n) {
        for (int i = 0; i < kStep; ++i) {
            out[n * kStep + i] = i < rows ? source[i * stride + n] : Element{};
        }
    }
}

template <class Product>
inline void pack_values(const PackJob& job) {
    using Element = typename Product::Element;
    constexpr int kStep = Product::kStep;
    const auto* source = static_cast<const Element*>(job.source);
    auto* packed = static_cast<Element*>(job.packed);
    const PanelLayout layout = value_layout<Product>(job.rows, job.size);
    for (std::int64_t block = 0; block < layout.blocks(); ++block) {
        const std::int64_t first = layout.first_vector(block) * kWidth;
        const std::int64_t columns = layout.first_vector(block + 1) * kWidth - first;
        const std::int64_t left = job.size - first;
        const std::int64_t filled = left < columns ? left : columns;
        Element* out = packed + layout.offset(block);
        for (std::int64_t k = 0; k < job.rows; k += kStep, out += columns * kStep) {
            const Element* rows = source + k * job.stride + first;
            pack_rows<Product>(rows, job.stride, job.rows - k, filled, out);
            for (std::int64_t n = filled * kStep; n < columns * kStep; ++n)
                out[n] = Element{};
        }
    }
}

/// sums [rows][sums_stride] (+)= rows x packed columns, for all column blocks of `layout`.
template <class Product>
struct BlockProduct {
    using Element = typename Product::Element;

    const Element* rows = nullptr;
    std::int64_t row_stride = 0;
    std::int64_t row_count = 0;
    const Element* packed = nullptr;
    PanelLayout layout = {};
    /// The part of the depth to multiply.
    std::int64_t first_step = 0;
    std::int64_t steps = 0;
    float* sums = nullptr;
    std::int64_t sums_stride = 0;
    bool first = true;

    void run() const {
        for (std::int64_t block = 0; block < layout.blocks(); ++block) {
            const std::int64_t vector = layout.first_vector(block);
            const int vectors = static_cast<int>(layout.first_vector(block + 1) - vector);
            const Element* columns =
                packed + layout.offset(block) + first_step * vectors * kWidth * Product::kStep;
            for (std::int64_t row = 0; row < row_count;) {
                const int tile = next_tile_rows(row_count - row, vectors);
                const Element* pointers[kMaxTileRows];
                for (int i = 0; i < tile; ++i)
                    pointers[i] = rows + (row + i) * row_stride;
                multiply<Product>(
                    {.rows = pointers,
                     .columns = columns,
                     .spans = 1,
                     .steps = steps,
                     .sums = sums + row * sums_stride + vector * kWidth,
                     .sums_stride = sums_stride,
                     .first = first},
                    tile,
                    vectors);
                row += tile;
            }
        }
    }
};

template <class Product>
inline Vec softmax_power(Vec x) {
    return Product::kStep == 1 ? power(x) : power_roughly(x);
}

/// One query's place among the scores of a tile.
struct ScoreRow {
    std::int64_t row = 0;
    /// Scores that count, and all that were computed.
    std::int64_t valid = 0;
    std::int64_t padded = 0;
    /// What the row has summed up so far.
    float* sums = nullptr;
    std::int64_t sum_count = 0;
};

/// Turns a row of scores into weights and rescales what it has summed up.
template <class Product>
inline void weigh_row(TileScores<Product>& tile, const ScoreRow& at, float scale) {
    const std::int64_t row = at.row;
    const std::int64_t padded = at.padded;
    float* scores = tile.scores + row * kKeyTile;
    for (std::int64_t j = at.valid < 0 ? 0 : at.valid; j < padded; ++j) {
        scores[j] = -__builtin_inff();
    }
    Vec peak = splat(tile.largest[row]);
    for (std::int64_t j = 0; j < padded; j += kWidth)
        peak = maximum(peak, load(scores + j));
    const float largest = largest_lane(peak);
    const Vec factor = splat(scale * kLog2E);
    const Vec origin = splat(-largest * scale * kLog2E);
    Vec total = splat(0.0f);
    for (std::int64_t j = 0; j < padded; j += kWidth) {
        const Vec weight = softmax_power<Product>(multiply_add(load(scores + j), factor, origin));
        total = total + weight;
        store(tile.weights + row * kKeyTile + j, weight);
    }
    if (largest != tile.largest[row]) {
        const Vec shrink =
            softmax_power<Product>((splat(tile.largest[row]) - splat(largest)) * factor);
        float lanes[kWidth];
        store(lanes, shrink);
        tile.total[row] *= lanes[0];
        for (std::int64_t j = 0; j < at.sum_count; j += kWidth) {
            store(at.sums + j, load(at.sums + j) * shrink);
        }
        tile.largest[row] = largest;
    }
    tile.total[row] += sum_of_lanes(total);
}

template <class Product>
inline void store_block(
    const AttentionJob& job, const TileScores<Product>& tile, const float* sums, std::int64_t n) {
    using Element = typename Product::Element;
    auto* output = static_cast<Element*>(job.output);
    for (std::int64_t row = 0; row < job.rows; ++row) {
        const Vec inverse = splat(1.0f) / splat(tile.total[row]);
        for (std::int64_t j = 0; j < job.size; j += kWidth) {
            const Vec value = load(sums + row * n + j) * inverse;
            const std::int64_t left = job.size - j;
            Element* at = output + row * job.stride + j;
            if (left >= kWidth) {
                store(at, value);
            } else {
                store_first(at, value, static_cast<int>(left));
            }
        }
    }
}

template <class Product>
inline void attend(const AttentionJob& job) {
    using Element = typename Product::Element;
    const std::int64_t depth = ceil_divide(job.size, Product::kStep) * Product::kStep;
    const PanelLayout values = value_layout<Product>(job.key_count, job.size);
    const std::int64_t sum_count = values.vectors() * kWidth;
    float* sums = job.workspace;
    auto* queries = reinterpret_cast<Element*>(sums + kQueryBlock * sum_count);
    const auto* source = static_cast<const Element*>(job.queries);
    TileScores<Product> tile;
    for (std::int64_t row = 0; row < job.rows; ++row) {
        Element* query = queries + row * depth;
        __builtin_memcpy(
            query, source + row * job.stride, static_cast<std::size_t>(job.size) * sizeof(Element));
        for (std::int64_t k = job.size; k < depth; ++k)
            query[k] = Element{};
        for (std::int64_t j = 0; j < sum_count; ++j) {
            sums[row * sum_count + j] = 0.0f;
        }
        tile.largest[row] = -__builtin_inff();
        tile.total[row] = 0.0f;
    }
    const auto* keys = static_cast<const Element*>(job.keys);
    const std::int64_t seen = job.first_row + job.rows;
    const std::int64_t end = job.causal && seen < job.key_count ? seen : job.key_count;
    for (std::int64_t begin = 0; begin < end; begin += kKeyTile) {
        const std::int64_t left = job.key_count - begin;
        const std::int64_t count = left < kKeyTile ? left : kKeyTile;
        const PanelLayout layout = key_layout<Product>(count, job.size);
        BlockProduct<Product>{
            .rows = queries,
            .row_stride = depth,
            .row_count = job.rows,
            .packed = keys,
            .layout = layout,
            .steps = layout.steps(),
            .sums = tile.scores,
            .sums_stride = kKeyTile}
            .run();
        keys += layout.size();
        for (std::int64_t row = 0; row < job.rows; ++row) {
            const std::int64_t visible = job.first_row + row + 1 - begin;
            const std::int64_t valid = job.causal && visible < count ? visible : count;
            const ScoreRow at{
                .row = row,
                .valid = valid,
                .padded = layout.vectors() * kWidth,
                .sums = sums + row * sum_count,
                .sum_count = sum_count};
            weigh_row<Product>(tile, at, job.scale);
        }
        BlockProduct<Product>{
            .rows = tile.weights,
            .row_stride = kKeyTile,
            .row_count = job.rows,
            .packed = static_cast<const Element*>(job.values),
            .layout = values,
            .first_step = begin / Product::kStep,
            .steps = ceil_divide(count, Product::kStep),
            .sums = sums,
            .sums_stride = sum_count,
            .first = false}
            .run();
    }
    store_block<Product>(job, tile, sums, sum_count);
}

}  // namespace
}  // namespace darkroom::engine::cpu
