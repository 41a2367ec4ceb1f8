// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/curves.h"
#include "engine/cpu/kernels/table.h"

// The inner products that convolutions, linears and attention share.

namespace darkroom::engine::cpu {
namespace {

/// Products of f32.
struct FloatProduct {
    using Element = float;
    using Operand = Vec;
    static constexpr int kStep = 1;

    static Operand broadcast(const Element* p) { return splat(*p); }
    static Operand column(const Element* p) { return load(p); }
    static Vec accumulate(Vec sum, Operand a, Operand b) { return multiply_add(a, b, sum); }
    /// kStep depths of a vector of columns.
    static Operand joined(const Vec* depths) { return depths[0]; }
    static void store_column(Element* p, Operand column) { store(p, column); }
    static Operand ones() { return splat(1.0f); }
};

#ifdef __AVX512BF16__
/// Where the lanes of two halves of a vector come from when they alternate.
struct AlternatingLanes {
    constexpr AlternatingLanes() {
        for (std::uint16_t i = 0; i < 32; ++i)
            lanes[i] = static_cast<std::uint16_t>(i / 2 + i % 2 * 16);
    }
    alignas(64) std::uint16_t lanes[32] = {};
};
constexpr AlternatingLanes kAlternating;

/// Products of pairs of bf16, summed in f32.
struct Bf16Product {
    using Element = Bf16;
    using Operand = __m512bh;
    static constexpr int kStep = 2;

    static Operand broadcast(const Element* p) {
        int pair;
        __builtin_memcpy(&pair, p, sizeof(pair));
        return __builtin_bit_cast(Operand, _mm512_set1_epi32(pair));
    }
    static Operand column(const Element* p) {
        return __builtin_bit_cast(Operand, _mm512_loadu_si512(p));
    }
    static Vec accumulate(Vec sum, Operand a, Operand b) { return _mm512_dpbf16_ps(sum, a, b); }
    static Operand joined(const Vec* depths) {
        const __m512i halves =
            __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(depths[1], depths[0]));
        const __m512i order = _mm512_load_si512(kAlternating.lanes);
        return __builtin_bit_cast(Operand, _mm512_permutexvar_epi16(order, halves));
    }
    static void store_column(Element* p, Operand column) {
        _mm512_storeu_si512(p, __builtin_bit_cast(__m512i, column));
    }
    static Operand ones() { return __builtin_bit_cast(Operand, _mm512_set1_epi16(0x3F80)); }
};
#endif

/// Result rows that are held in registers beside `vectors` column vectors.
constexpr int tile_rows(int vectors) {
    if (kMaxVectors == 2) return vectors == 2 ? 6 : 12;
    return vectors == 4 ? 6 : vectors == 3 ? 8 : 12;
}
constexpr int kMaxTileRows = 12;

/// A piece of a product: for each row, `spans` runs of `steps` steps, against one column block.
template <class Element>
struct TileJob {
    /// [spans][rows] of the tile.
    const Element* const* rows = nullptr;
    const Element* columns = nullptr;
    std::int64_t spans = 1;
    std::int64_t steps = 0;
    /// [rows][sums_stride], begun from zero when `first`, else added to.
    float* sums = nullptr;
    std::int64_t sums_stride = 0;
    bool first = true;
};

template <class Product, int kRows, int kVectors>
inline void multiply_tile(const TileJob<typename Product::Element>& job) {
    using Element = typename Product::Element;
    constexpr std::int64_t kStride = std::int64_t{kVectors} * kWidth * Product::kStep;
    Vec sum[kRows][kVectors];
    DARKROOM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        DARKROOM_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            sum[i][v] = job.first ? splat(0.0f) : load(job.sums + i * job.sums_stride + v * kWidth);
        }
    }
    const Element* columns = job.columns;
    for (std::int64_t span = 0; span < job.spans; ++span) {
        const Element* row[kRows];
        DARKROOM_UNROLL
        for (int i = 0; i < kRows; ++i)
            row[i] = job.rows[span * kRows + i];
        for (std::int64_t k = 0; k < job.steps; ++k) {
            typename Product::Operand column[kVectors];
            DARKROOM_UNROLL
            for (int v = 0; v < kVectors; ++v) {
                column[v] = Product::column(columns + v * kWidth * Product::kStep);
            }
            columns += kStride;
            DARKROOM_UNROLL
            for (int i = 0; i < kRows; ++i) {
                const auto value = Product::broadcast(row[i] + k * Product::kStep);
                DARKROOM_UNROLL
                for (int v = 0; v < kVectors; ++v) {
                    sum[i][v] = Product::accumulate(sum[i][v], value, column[v]);
                }
            }
        }
    }
    DARKROOM_UNROLL
    for (int i = 0; i < kRows; ++i) {
        DARKROOM_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            store(job.sums + i * job.sums_stride + v * kWidth, sum[i][v]);
        }
    }
}

/// The tile height to use when `left` rows remain: the full one, 4, 2 or 1.
inline int next_tile_rows(std::int64_t left, int vectors) {
    const int full = tile_rows(vectors);
    if (left >= full) return full;
    return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

template <class Product, int kVectors>
inline void multiply_rows(const TileJob<typename Product::Element>& job, int rows) {
    switch (rows) {
        case 1:
            multiply_tile<Product, 1, kVectors>(job);
            break;
        case 2:
            multiply_tile<Product, 2, kVectors>(job);
            break;
        case 4:
            multiply_tile<Product, 4, kVectors>(job);
            break;
        default:
            multiply_tile<Product, tile_rows(kVectors), kVectors>(job);
            break;
    }
}

/// multiply_tile for a height of next_tile_rows and 1 to kMaxVectors vectors.
template <class Product>
inline void multiply(const TileJob<typename Product::Element>& job, int rows, int vectors) {
    if constexpr (kMaxVectors == 4) {
        if (vectors == 4) return multiply_rows<Product, 4>(job, rows);
        if (vectors == 3) return multiply_rows<Product, 3>(job, rows);
    }
    if (vectors == 2) return multiply_rows<Product, 2>(job, rows);
    multiply_rows<Product, 1>(job, rows);
}

}  // namespace
}  // namespace darkroom::engine::cpu
