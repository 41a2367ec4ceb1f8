// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/norms.h"

// Elementwise work.

namespace darkroom::engine::cpu {
namespace {

/// out[i] = f(x[i]).
template <class In, class Out, class F>
inline void map(const In* x, Out* out, std::int64_t count, F f) {
    for_vectors(
        count,
        [&](std::int64_t i) { store(out + i, f(load(x + i))); },
        [&](std::int64_t i, int n) { store_first(out + i, f(load_first(x + i, n)), n); });
}

/// out[i] = f(x[i], y[i]).
template <class T, class F>
inline void map(const void* x, const void* y, void* out, std::int64_t count, F f) {
    const T* a = static_cast<const T*>(x);
    const T* b = static_cast<const T*>(y);
    T* to = static_cast<T*>(out);
    for_vectors(
        count,
        [&](std::int64_t i) { store(to + i, f(load(a + i), load(b + i))); },
        [&](std::int64_t i, int n) {
            store_first(to + i, f(load_first(a + i, n), load_first(b + i, n)), n);
        });
}

template <class T>
inline void activate(const void* x, void* y, std::int64_t count, Curve curve) {
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    switch (curve) {
        case Curve::none:
            return map(from, to, count, apply<Curve::none>);
        case Curve::silu:
            return map(from, to, count, apply<Curve::silu>);
        case Curve::gelu:
            return map(from, to, count, apply<Curve::gelu>);
        case Curve::quick_gelu:
            return map(from, to, count, apply<Curve::quick_gelu>);
    }
}

template <class T>
inline void add(const void* a, const void* b, void* y, std::int64_t count) {
    map<T>(a, b, y, count, [](Vec u, Vec v) { return u + v; });
}

template <class T>
inline void multiply_elements(const void* a, const void* b, void* y, std::int64_t count) {
    map<T>(a, b, y, count, [](Vec u, Vec v) { return u * v; });
}

template <class T>
inline void combine(float a, const void* x, float b, const void* y, void* out, std::int64_t count) {
    const Vec first = splat(a);
    const Vec second = splat(b);
    map<T>(x, y, out, count, [&](Vec u, Vec v) { return first * u + second * v; });
}

template <class T>
inline void affine(const void* x, float a, float b, void* y, std::int64_t count) {
    const Vec slope = splat(a);
    const Vec shift = splat(b);
    map(static_cast<const T*>(x), static_cast<T*>(y), count, [&](Vec v) {
        return slope * v + shift;
    });
}

template <class T>
inline bool all_finite(const void* x, std::int64_t count) {
    const T* from = static_cast<const T*>(x);
    const Vec zero = splat(0.0f);
    // Zero times a finite number is zero; times anything else it is NaN.
    Vec sum = zero;
    for_vectors(
        count,
        [&](std::int64_t i) { sum = sum + load(from + i) * zero; },
        [&](std::int64_t i, int n) { sum = sum + load_first(from + i, n) * zero; });
    return sum_of_lanes(sum) == 0.0f;
}

template <class T>
inline void to_f32(const void* x, float* y, std::int64_t count) {
    map(static_cast<const T*>(x), y, count, [](Vec v) { return v; });
}

template <class T>
inline void from_f32(const float* x, void* y, std::int64_t count) {
    map(x, static_cast<T*>(y), count, [](Vec v) { return v; });
}

}  // namespace
}  // namespace darkroom::engine::cpu
