// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace darkroom::engine::cpu {
namespace {

inline std::int64_t ceil_divide(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

/// `size` and what is missing to whole steps of products.
inline std::int64_t whole_steps(std::int64_t size, int step) {
    return ceil_divide(size, step) * step;
}

/// How a matrix [depth, columns] is laid out for the products: column blocks of up to
/// `max_vectors` vectors, as even as can be; in a block all depth steps; in a step `width` times
/// vectors columns; in a column `step` neighbouring depths. Padding is zero.
struct PanelLayout {
    std::int64_t columns = 0;
    std::int64_t depth = 0;
    int width = 1;
    int max_vectors = 1;
    int step = 1;

    [[nodiscard]] std::int64_t vectors() const { return ceil_divide(columns, width); }
    [[nodiscard]] std::int64_t blocks() const { return ceil_divide(vectors(), max_vectors); }
    [[nodiscard]] std::int64_t steps() const { return ceil_divide(depth, step); }
    /// First vector of a block; of the block past the last one, the number of vectors.
    [[nodiscard]] std::int64_t first_vector(std::int64_t block) const {
        return block * vectors() / blocks();
    }
    /// Elements before a block.
    [[nodiscard]] std::int64_t offset(std::int64_t block) const {
        return first_vector(block) * width * steps() * step;
    }
    [[nodiscard]] std::int64_t size() const { return vectors() * width * steps() * step; }
};

/// The layout of a layer's columns, given as they stand in the file. In a gated layer, the second
/// half of whose columns are gates, each vector of values is followed by that of its gates, and
/// the pair counts as one vector.
inline PanelLayout panel_layout(const PanelLayout& plain, bool gated) {
    if (!gated) return plain;
    PanelLayout paired = plain;
    paired.columns = 2 * whole_steps(plain.columns / 2, plain.width);
    paired.width = 2 * plain.width;
    paired.max_vectors = plain.max_vectors / 2;
    return paired;
}

}  // namespace
}  // namespace darkroom::engine::cpu
