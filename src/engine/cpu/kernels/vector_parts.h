// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/table.h"

// Whole vectors and the part of one at the end of a row, after the unit's simd header.

namespace darkroom::engine::cpu {
namespace {

/// How many of `left` elements a vector takes.
inline int vector_part(std::int64_t left) {
    return left < kWidth ? static_cast<int>(left) : kWidth;
}

template <class Element>
inline Vec load_part(const Element* p, int count) {
    return count == kWidth ? load(p) : load_first(p, count);
}

template <class Element>
inline void store_part(Element* p, Vec v, int count) {
    if (count == kWidth) {
        store(p, v);
    } else {
        store_first(p, v, count);
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
