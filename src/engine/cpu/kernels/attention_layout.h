// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/kernels/products.h"

namespace darkroom::engine::cpu {
namespace {

/// Keys are packed tile by tile: each tile's scores are queries times this matrix.
template <class Product>
inline PanelLayout key_layout(std::int64_t keys, std::int64_t size) {
    return {keys, size, kWidth, kMaxVectors, Product::kStep};
}

/// Values are packed as one matrix [keys, size].
template <class Product>
inline PanelLayout value_layout(std::int64_t keys, std::int64_t size) {
    return {size, keys, kWidth, kMaxVectors, Product::kStep};
}

}  // namespace
}  // namespace darkroom::engine::cpu
