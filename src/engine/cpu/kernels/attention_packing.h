// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/kernels/products.h"
#include "engine/cpu/kernels/vector_parts.h"

// What attention multiplies. Queries are the columns of its products, one lane each; keys and
// the channels of the values are the rows.

namespace darkroom::engine::cpu {
namespace {

/// Packed: [keys][size in whole steps].
template <class Product>
inline void pack_keys(const PackJob& job) {
    using Element = typename Product::Element;
    const auto* source = static_cast<const Element*>(job.source);
    auto* packed = static_cast<Element*>(job.packed);
    static_assert(Product::kStep <= 2 && kKeyTile % Product::kStep == 0);
    const std::int64_t depth = whole_steps(job.size, Product::kStep);
    const auto bytes = static_cast<std::size_t>(job.size) * sizeof(Element);
    for (std::int64_t row = 0; row < job.rows; ++row, source += job.stride, packed += depth) {
        __builtin_memcpy(packed, source, bytes);
        if (depth > job.size) packed[job.size] = Element{};
    }
}

/// Packed: for each tile of kKeyTile keys [size][keys of the tile in whole steps].
template <class Product>
inline void pack_values(const PackJob& job) {
    using Element = typename Product::Element;
    const auto* source = static_cast<const Element*>(job.source);
    auto* packed = static_cast<Element*>(job.packed);
    for (std::int64_t begin = 0; begin < job.rows; begin += kKeyTile) {
        const std::int64_t left = job.rows - begin;
        const std::int64_t count = left < kKeyTile ? left : kKeyTile;
        const std::int64_t depth = whole_steps(count, Product::kStep);
        for (std::int64_t key = 0; key < depth; key += kWidth) {
            for (std::int64_t channel = 0; channel < job.size; channel += kWidth) {
                const int channels = vector_part(job.size - channel);
                const Element* from = source + (begin + key) * job.stride + channel;
                Vec block[kWidth];
                for (int i = 0; i < kWidth; ++i) {
                    block[i] =
                        key + i < count ? load_part(from + i * job.stride, channels) : splat(0.0f);
                }
                transpose(block);
                for (int i = 0; i < channels; ++i) {
                    Element* to = packed + (channel + i) * depth + key;
                    store_part(to, block[i], vector_part(depth - key));
                }
            }
        }
        packed += job.size * depth;
    }
}

/// Packed: [size in steps][columns][step]; zeros where there is no query.
template <class Product>
inline void pack_queries(
    const AttentionJob& job, std::int64_t columns, typename Product::Element* packed) {
    using Element = typename Product::Element;
    constexpr int kStep = Product::kStep;
    static_assert(kStep * sizeof(Element) == sizeof(float), "a step is moved as a float");
    const auto* source = static_cast<const Element*>(job.queries);
    const std::int64_t steps = job.size / kStep;
    for (std::int64_t column = 0; column < columns; column += kWidth) {
        const std::int64_t queries = job.rows - column;
        const Element* from = source + column * job.stride;
        for (std::int64_t step = 0; step < steps; step += kWidth) {
            const int count = vector_part(steps - step);
            Vec block[kWidth];
            for (int i = 0; i < kWidth; ++i) {
                const Element* at = from + i * job.stride + step * kStep;
                block[i] = i < queries ? load_part(reinterpret_cast<const float*>(at), count)
                                       : splat(0.0f);
            }
            transpose(block);
            for (int i = 0; i < count; ++i) {
                Element* to = packed + ((step + i) * columns + column) * kStep;
                store(reinterpret_cast<float*>(to), block[i]);
            }
        }
    }
    if (steps * kStep == job.size) return;
    Element* last = packed + steps * columns * kStep;
    for (std::int64_t column = 0; column < columns; ++column) {
        Element* to = last + column * kStep;
        to[0] = column < job.rows ? source[column * job.stride + job.size - 1] : Element{};
        for (int i = 1; i < kStep; ++i)
            to[i] = Element{};
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
