// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "engine/tensor/backend.h"

namespace darkroom::engine {

/// x / (1 + e^-scale x): SiLU for scale 1, quick GELU for 1.702.
inline double sigmoid_weighted(double x, double scale) {
    return x / (1.0 + std::exp(-scale * x));
}

/// The exact GELU, x Phi(x).
inline double gelu(double x) {
    constexpr double kHalfSqrt2 = 0.70710678118654752440;
    return 0.5 * x * (1.0 + std::erf(x * kHalfSqrt2));
}

inline float activated(float value, Activation activation) {
    const auto x = static_cast<double>(value);
    switch (activation) {
        case Activation::none:
            return value;
        case Activation::silu:
            return static_cast<float>(sigmoid_weighted(x, 1.0));
        case Activation::gelu:
            return static_cast<float>(gelu(x));
        case Activation::quick_gelu:
            return static_cast<float>(sigmoid_weighted(x, 1.702));
    }
    return value;
}

}  // namespace darkroom::engine
