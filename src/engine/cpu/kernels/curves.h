// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/table.h"

// Exponentials and activations over the Vec of the unit that includes this, after its simd header.

#if defined(__clang__)
#define DARKROOM_UNROLL _Pragma("unroll")
#else
#define DARKROOM_UNROLL _Pragma("GCC unroll 16")
#endif

namespace darkroom::engine::cpu {
namespace {

/// e^x to about one unit in the last place; zero and infinity beyond the range of f32, NaN stays.
inline Vec exponential(Vec x) {
    // Where the result is infinite or zero; x itself must stay finite.
    x = minimum(splat(88.8f), maximum(splat(-104.0f), x));
    const Vec n = round_nearest(x * splat(1.44269504f));
    // ln 2 in two parts, so that n ln 2 is exact enough.
    Vec r = multiply_add(n, splat(-0.693359375f), x);
    r = multiply_add(n, splat(2.12194440e-4f), r);
    // Cephes expf.
    Vec p = splat(1.9875691500e-4f);
    p = multiply_add(p, r, splat(1.3981999507e-3f));
    p = multiply_add(p, r, splat(8.3334519073e-3f));
    p = multiply_add(p, r, splat(4.1665795894e-2f));
    p = multiply_add(p, r, splat(1.6666665459e-1f));
    p = multiply_add(p, r, splat(5.0000001201e-1f));
    p = multiply_add(p, r * r, r) + splat(1.0f);
    return scaled(p, n);
}

/// 2^x for x <= 0, zero from -200 down.
inline Vec power(Vec x) {
    x = maximum(splat(-200.0f), x);
    const Vec n = round_nearest(x);
    const Vec f = x - n;
    // Cephes exp2f.
    Vec p = splat(1.535336188319500e-4f);
    p = multiply_add(p, f, splat(1.339887440266574e-3f));
    p = multiply_add(p, f, splat(9.618437357674640e-3f));
    p = multiply_add(p, f, splat(5.550332471162809e-2f));
    p = multiply_add(p, f, splat(2.402264791363012e-1f));
    p = multiply_add(p, f, splat(6.931472028550421e-1f));
    p = multiply_add(p, f, splat(1.0f));
    return scaled(p, n);
}

/// The same to 3e-6, enough for what is rounded to bf16 next.
inline Vec power_roughly(Vec x) {
    x = maximum(splat(-200.0f), x);
    const Vec n = round_nearest(x);
    const Vec f = x - n;
    // Minimax of 2^f in relative error over [-1/2, 1/2].
    Vec p = splat(9.57010191e-3f);
    p = multiply_add(p, f, splat(5.59178603e-2f));
    p = multiply_add(p, f, splat(2.40247448e-1f));
    p = multiply_add(p, f, splat(6.93121815e-1f));
    p = multiply_add(p, f, splat(9.99999261e-1f));
    return scaled(p, n);
}

/// x / (1 + e^(-slope x)).
inline Vec swish(Vec x, float slope) {
    return x / (splat(1.0f) + exponential(x * splat(-slope)));
}

/// x times the normal distribution function; Abramowitz and Stegun 7.1.26, error 1.5e-7.
inline Vec gelu(Vec x) {
    const Vec z = absolute(x) * splat(0.70710678f);
    const Vec t = splat(1.0f) / multiply_add(z, splat(0.3275911f), splat(1.0f));
    Vec p = splat(1.061405429f);
    p = multiply_add(p, t, splat(-1.453152027f));
    p = multiply_add(p, t, splat(1.421413741f));
    p = multiply_add(p, t, splat(-0.284496736f));
    p = multiply_add(p, t, splat(0.254829592f));
    const Vec tail = splat(0.5f) * p * t * exponential(splat(0.0f) - z * z);
    return x * choose_negative(x, tail, splat(1.0f) - tail);
}

template <Curve curve>
inline Vec apply(Vec x) {
    if constexpr (curve == Curve::silu) return swish(x, 1.0f);
    if constexpr (curve == Curve::gelu) return gelu(x);
    if constexpr (curve == Curve::quick_gelu) return swish(x, 1.702f);
    return x;
}

inline Vec apply(Curve curve, Vec x) {
    switch (curve) {
        case Curve::none:
            break;
        case Curve::silu:
            return apply<Curve::silu>(x);
        case Curve::gelu:
            return apply<Curve::gelu>(x);
        case Curve::quick_gelu:
            return apply<Curve::quick_gelu>(x);
    }
    return x;
}

}  // namespace
}  // namespace darkroom::engine::cpu
