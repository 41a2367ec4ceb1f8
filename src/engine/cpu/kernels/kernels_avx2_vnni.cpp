// SPDX-License-Identifier: Apache-2.0
// clang-format off: the simd header comes first.
#include "engine/cpu/kernels/simd_avx2.h"
// clang-format on
#include "engine/cpu/kernels/byte_panels.h"

namespace darkroom::engine::cpu {

void use_avx2_vnni(KernelTable& table) {
    table.f32.byte_panels = run_byte_panels<ByteProduct, float>;
}

}  // namespace darkroom::engine::cpu
