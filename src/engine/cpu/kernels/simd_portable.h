// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/table.h"

// Four lanes in plain C++ over the compiler's vector type; any CPU.

namespace darkroom::engine::cpu {
namespace {

typedef float Vec __attribute__((vector_size(16)));
typedef std::int32_t Bits __attribute__((vector_size(16)));

/// As many whole numbers of 32 bits as a Vec has lanes.
using Ints = Bits;

constexpr int kWidth = 4;
constexpr int kMaxVectors = 2;

inline Vec splat(float x) {
    return Vec{x, x, x, x};
}

inline Vec load(const float* p) {
    Vec v;
    __builtin_memcpy(&v, p, sizeof(v));
    return v;
}

inline Vec load(const Bf16* p) {
    Bits bits{};
    for (int i = 0; i < kWidth; ++i)
        bits[i] = static_cast<std::int32_t>(p[i].bits) << 16;
    return __builtin_bit_cast(Vec, bits);
}

/// The first `count` lanes from memory, zero in the others.
template <class T>
inline Vec load_first(const T* p, int count) {
    T lanes[kWidth] = {};
    for (int i = 0; i < count; ++i)
        lanes[i] = p[i];
    return load(lanes);
}

inline void store(float* p, Vec v) {
    __builtin_memcpy(p, &v, sizeof(v));
}

inline void store(Bf16* p, Vec v) {
    const Bits bits = __builtin_bit_cast(Bits, v);
    for (int i = 0; i < kWidth; ++i) {
        const auto word = static_cast<std::uint32_t>(bits[i]);
        const bool nan = (word & 0x7FFFFFFFu) > 0x7F800000u;
        const std::uint32_t rounded = word + 0x7FFFu + ((word >> 16) & 1u);
        p[i].bits = static_cast<std::uint16_t>(nan ? (word >> 16) | 0x40u : rounded >> 16);
    }
}

template <class T>
inline void store_first(T* p, Vec v, int count) {
    T lanes[kWidth];
    store(lanes, v);
    for (int i = 0; i < count; ++i)
        p[i] = lanes[i];
}

inline Vec multiply_add(Vec a, Vec b, Vec c) {
    return a * b + c;
}

inline Vec choose(Bits condition, Vec yes, Vec no) {
    const Bits y = __builtin_bit_cast(Bits, yes);
    const Bits n = __builtin_bit_cast(Bits, no);
    return __builtin_bit_cast(Vec, (condition & y) | (~condition & n));
}

/// Like the instructions: `b` when either is NaN.
inline Vec maximum(Vec a, Vec b) {
    return choose(a > b, a, b);
}
inline Vec minimum(Vec a, Vec b) {
    return choose(a < b, a, b);
}

/// x < 0 ? yes : no, by lane.
inline Vec choose_negative(Vec x, Vec yes, Vec no) {
    return choose(x < splat(0.0f), yes, no);
}

inline Vec absolute(Vec x) {
    return __builtin_bit_cast(Vec, __builtin_bit_cast(Bits, x) & 0x7FFFFFFF);
}

/// To the nearest integer; |x| < 2^22.
inline Vec round_nearest(Vec x) {
    const Vec magic = splat(12582912.0f);  // 1.5 * 2^23
    return (x + magic) - magic;
}

/// x times 2^n for integers up to 128; zero at the latest from -150 down; 128 may give infinity.
inline Vec scaled(Vec x, Vec n) {
    const Bits exponent = __builtin_convertvector(maximum(splat(-127.0f), n), Bits) + 127;
    return x * __builtin_bit_cast(Vec, exponent << 23);
}

/// Swaps lanes and rows.
inline void transpose(Vec (&rows)[kWidth]) {
    for (int i = 0; i < kWidth; ++i) {
        for (int j = 0; j < i; ++j) {
            const float above = rows[j][i];
            rows[j][i] = rows[i][j];
            rows[i][j] = above;
        }
    }
}

inline Ints load_ints(const std::int32_t* p) {
    Ints v;
    __builtin_memcpy(&v, p, sizeof(v));
    return v;
}

inline Ints times(Ints v, std::int32_t factor) {
    return v * factor;
}

inline Vec to_floats(Ints v) {
    return __builtin_convertvector(v, Vec);
}

/// Whole numbers from 0 to 255.
inline void store_bytes(std::uint8_t* p, Vec v) {
    for (int i = 0; i < kWidth; ++i)
        p[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(v[i]));
}

inline float sum_of_lanes(Vec v) {
    return (v[0] + v[2]) + (v[1] + v[3]);
}

inline float largest_lane(Vec v) {
    float largest = v[0];
    for (int i = 1; i < kWidth; ++i)
        largest = largest > v[i] ? largest : v[i];
    return largest;
}

}  // namespace
}  // namespace darkroom::engine::cpu
