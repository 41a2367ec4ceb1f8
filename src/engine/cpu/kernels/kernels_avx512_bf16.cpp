// SPDX-License-Identifier: Apache-2.0
// clang-format off: the simd header comes first.
#include "engine/cpu/kernels/simd_avx512.h"
// clang-format on
#include "engine/cpu/kernels/fill_table.h"

namespace darkroom::engine::cpu {

KernelTable avx512_bf16_kernels() {
    return {
        .width = kWidth,
        .max_vectors = kMaxVectors,
        .f32 = with_products<FloatProduct>(unary_kernels<float>()),
        .bf16 = with_products<Bf16Product>(unary_kernels<Bf16>()),
    };
}

}  // namespace darkroom::engine::cpu
