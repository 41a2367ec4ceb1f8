// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/backend.h"

namespace darkroom::engine {

/// What the arithmetic units do at most, from loops that stay in registers.
struct PeakRates {
    double f32_gflops = 0;
    /// 0 where the instruction set has no bf16 products.
    double bf16_gflops = 0;
    /// 0 where the instruction set does not multiply bytes.
    double int8_gops = 0;
};

/// Measures with the backend's instruction set and threads; takes about half a second.
PeakRates measure_peak(const CpuBackend& backend);

}  // namespace darkroom::engine
