// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/tensor/backend.h"

namespace darkroom::engine {

/// Positions that share one pass over the weights.
constexpr std::int64_t kTileRows = 16;

/// The plain f32 numbers of packed weights.
const float* weight_values(const PackedWeights& weights);

struct ProductExtents {
    std::int64_t rows = 0;
    std::int64_t depth = 0;
    std::int64_t columns = 0;
};

/// y [rows, columns] = x [rows, depth] times the transpose of weights [columns, depth].
void multiply_transposed(
    const float* x, const float* weights, float* y, const ProductExtents& extents);

/// Replaces y [samples, ..., out] by activation(y + bias) + residual.
void apply_epilogue(const Tensor& y, const Epilogue& epilogue);

}  // namespace darkroom::engine
