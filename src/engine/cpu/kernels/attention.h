// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "engine/cpu/kernels/attention_packing.h"

// Attention over packed keys and values with a running softmax (Dao et al. 2022, algorithm 1; row
// maximum and sum as in Milakov and Gimelshein 2018). Scores are computed transposed, [keys]
// [queries]: a lane is a query, so the softmax needs nothing across lanes, and the weights come
// out as the columns of the product with the values.

namespace darkroom::engine::cpu {
namespace {

constexpr float kLog2E = 1.44269504f;
constexpr std::int64_t kMaxQueries = std::int64_t{kWidth} * kMaxVectors;

template <class Product>
inline Vec softmax_power(Vec x) {
    return Product::kStep == 1 ? power(x) : power_roughly(x);
}

/// Scores and weights of a block of queries against one tile of keys, and the softmax so far.
template <class Product>
struct ScoreTile {
    static constexpr int kStep = Product::kStep;

    /// [keys][columns].
    alignas(64) float scores[kKeyTile * kMaxQueries];
    /// [keys in steps][columns][step].
    alignas(64) typename Product::Element weights[kKeyTile * kMaxQueries];
    alignas(64) float largest[kMaxQueries];
    alignas(64) float total[kMaxQueries];

    /// Lets no query see a key behind it; `first_key` counts from the first query.
    void hide_future(std::int64_t first_key, std::int64_t keys, std::int64_t columns) {
        for (std::int64_t key = 0; key < keys; ++key) {
            const std::int64_t hidden = first_key + key;
            for (std::int64_t query = 0; query < hidden && query < columns; ++query)
                scores[key * columns + query] = -__builtin_inff();
        }
    }

    /// Turns the scores of one vector of queries into weights. Returns what their sums so far are
    /// to be multiplied with.
    Vec weigh(std::int64_t keys, std::int64_t columns, std::int64_t column, Vec factor) {
        const Vec before = load(largest + column);
        const Vec peak = maximum(before, peak_of(keys, columns, column));
        store(largest + column, peak);
        const Vec origin = splat(0.0f) - peak * factor;
        Vec sum[kChains];
        DARKROOM_UNROLL
        for (int i = 0; i < kChains; ++i)
            sum[i] = splat(0.0f);
        const float* score = scores + column;
        const auto weight = [&](std::int64_t key) {
            const Vec x = load(score + key * columns);
            return softmax_power<Product>(multiply_add(x, factor, origin));
        };
        auto* out = weights + column * kStep;
        // Rounded weights are summed, so that what the rounding adds or takes is divided out.
        const auto keep = [&](const Vec* step, Vec& total_of_chain) {
            const auto joined = Product::joined(step);
            Product::store_column(out, joined);
            out += columns * kStep;
            total_of_chain = Product::accumulate(total_of_chain, joined, Product::ones());
        };
        std::int64_t key = 0;
        for (; key + kChains * kStep <= keys; key += kChains * kStep) {
            DARKROOM_UNROLL
            for (int i = 0; i < kChains; ++i) {
                Vec step[kStep];
                DARKROOM_UNROLL
                for (int j = 0; j < kStep; ++j)
                    step[j] = weight(key + i * kStep + j);
                keep(step, sum[i]);
            }
        }
        for (; key < keys; key += kStep) {
            Vec step[kStep];
            DARKROOM_UNROLL
            for (int j = 0; j < kStep; ++j)
                step[j] = key + j < keys ? weight(key + j) : splat(0.0f);
            keep(step, sum[0]);
        }
        const Vec shrink = softmax_power<Product>((before - peak) * factor);
        const Vec added = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        store(total + column, multiply_add(load(total + column), shrink, added));
        return shrink;
    }

  private:
    /// Keys that are looked at side by side, for no sum to wait for itself.
    static constexpr int kChains = 4;

    [[nodiscard]] Vec peak_of(std::int64_t keys, std::int64_t columns, std::int64_t column) const {
        const float* score = scores + column;
        Vec peak[kChains];
        DARKROOM_UNROLL
        for (int i = 0; i < kChains; ++i)
            peak[i] = splat(-__builtin_inff());
        std::int64_t key = 0;
        for (; key + kChains <= keys; key += kChains) {
            DARKROOM_UNROLL
            for (int i = 0; i < kChains; ++i)
                peak[i] = maximum(peak[i], load(score + (key + i) * columns));
        }
        for (; key < keys; ++key)
            peak[0] = maximum(peak[0], load(score + key * columns));
        return maximum(maximum(peak[0], peak[1]), maximum(peak[2], peak[3]));
    }
};

/// result [row_count][columns] (+)= rows x columns.
template <class Product>
struct ColumnProduct {
    using Element = typename Product::Element;

    /// [row_count][steps].
    const Element* rows = nullptr;
    std::int64_t row_count = 0;
    std::int64_t steps = 0;
    const Element* columns = nullptr;
    int vectors = 1;
    float* result = nullptr;
    bool first = true;

    void run() const {
        const std::int64_t stride = std::int64_t{vectors} * kWidth;
        const std::int64_t row_size = steps * Product::kStep;
        for (std::int64_t row = 0; row < row_count;) {
            const int tile = next_tile_rows(row_count - row, vectors);
            const Element* pointers[kMaxTileRows];
            for (int i = 0; i < tile; ++i)
                pointers[i] = rows + (row + i) * row_size;
            multiply<Product>(
                {.rows = pointers,
                 .columns = columns,
                 .spans = 1,
                 .steps = steps,
                 .sums = result + row * stride,
                 .sums_stride = stride,
                 .first = first},
                tile,
                vectors);
            row += tile;
        }
    }
};

/// Writes sums [size][columns] as queries' rows, each divided by its total.
template <class Element>
inline void store_outputs(
    const AttentionJob& job, const float* sums, const float* total, std::int64_t columns) {
    for (std::int64_t column = 0; column < columns; column += kWidth) {
        const Vec inverse = splat(1.0f) / load(total + column);
        for (std::int64_t channel = 0; channel < job.size; channel += kWidth) {
            const int channels = vector_part(job.size - channel);
            Vec block[kWidth];
            for (int i = 0; i < kWidth; ++i) {
                const float* at = sums + (channel + i) * columns + column;
                block[i] = i < channels ? load(at) * inverse : splat(0.0f);
            }
            transpose(block);
            auto* out = static_cast<Element*>(job.output) + column * job.stride + channel;
            for (int i = 0; i < vector_part(job.rows - column); ++i)
                store_part(out + i * job.stride, block[i], channels);
        }
    }
}

template <class Product>
inline void attend(const AttentionJob& job) {
    using Element = typename Product::Element;
    constexpr int kStep = Product::kStep;
    const int vectors = static_cast<int>(ceil_divide(job.rows, kWidth));
    const std::int64_t columns = std::int64_t{vectors} * kWidth;
    const std::int64_t depth = whole_steps(job.size, kStep);
    float* sums = job.workspace;
    auto* queries = reinterpret_cast<Element*>(sums + job.size * columns);
    pack_queries<Product>(job, columns, queries);
    ScoreTile<Product> tile;
    for (std::int64_t column = 0; column < columns; column += kWidth) {
        store(tile.largest + column, splat(-__builtin_inff()));
        store(tile.total + column, splat(0.0f));
    }
    const Vec factor = splat(job.scale * kLog2E);
    const auto* keys = static_cast<const Element*>(job.keys);
    const auto* values = static_cast<const Element*>(job.values);
    const std::int64_t seen = job.first_row + job.rows;
    const std::int64_t end = job.causal && seen < job.key_count ? seen : job.key_count;
    for (std::int64_t begin = 0; begin < end; begin += kKeyTile) {
        const std::int64_t left = job.key_count - begin;
        const std::int64_t count = left < kKeyTile ? left : kKeyTile;
        const std::int64_t key_depth = whole_steps(count, kStep);
        ColumnProduct<Product>{
            .rows = keys + begin * depth,
            .row_count = count,
            .steps = depth / kStep,
            .columns = queries,
            .vectors = vectors,
            .result = tile.scores}
            .run();
        if (job.causal) tile.hide_future(begin - job.first_row, count, columns);
        for (std::int64_t column = 0; column < columns; column += kWidth) {
            const Vec shrink = tile.weigh(count, columns, column, factor);
            if (begin == 0) continue;
            for (std::int64_t channel = 0; channel < job.size; ++channel) {
                float* at = sums + channel * columns + column;
                store(at, load(at) * shrink);
            }
        }
        ColumnProduct<Product>{
            .rows = values,
            .row_count = job.size,
            .steps = key_depth / kStep,
            .columns = tile.weights,
            .vectors = vectors,
            .result = sums,
            .first = begin == 0}
            .run();
        values += job.size * key_depth;
    }
    store_outputs<Element>(job, sums, tile.total, columns);
}

}  // namespace
}  // namespace darkroom::engine::cpu
