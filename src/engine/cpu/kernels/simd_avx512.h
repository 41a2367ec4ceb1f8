// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include "engine/cpu/kernels/table.h"

// Sixteen lanes of AVX-512 (F, BW, VL, DQ; bf16 conversions where the unit is compiled for them).
// The functions are those of simd_portable.h.

namespace darkroom::engine::cpu {
namespace {

using Vec = __m512;
using Ints = __m512i;

constexpr int kWidth = 16;
constexpr int kMaxVectors = 4;

inline Vec splat(float x) {
    return _mm512_set1_ps(x);
}

inline Vec widen(__m256i bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

inline Vec load(const float* p) {
    return _mm512_loadu_ps(p);
}

inline Vec load(const Bf16* p) {
    return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

inline __mmask16 first_lanes(int count) {
    return static_cast<__mmask16>((1u << count) - 1u);
}

inline Vec load_first(const float* p, int count) {
    return _mm512_maskz_loadu_ps(first_lanes(count), p);
}

inline Vec load_first(const Bf16* p, int count) {
    return widen(_mm256_maskz_loadu_epi16(first_lanes(count), p));
}

/// Rounds to nearest even; NaN stays NaN.
inline __m256i to_bf16(Vec v) {
#ifdef __AVX512BF16__
    return __builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(v));
#else
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(rounded, nan, quiet), 16));
#endif
}

inline void store(float* p, Vec v) {
    _mm512_storeu_ps(p, v);
}

inline void store(Bf16* p, Vec v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), to_bf16(v));
}

inline void store_first(float* p, Vec v, int count) {
    _mm512_mask_storeu_ps(p, first_lanes(count), v);
}

inline void store_first(Bf16* p, Vec v, int count) {
    _mm256_mask_storeu_epi16(p, first_lanes(count), to_bf16(v));
}

inline Vec multiply_add(Vec a, Vec b, Vec c) {
    return _mm512_fmadd_ps(a, b, c);
}

inline Vec maximum(Vec a, Vec b) {
    return _mm512_max_ps(a, b);
}
inline Vec minimum(Vec a, Vec b) {
    return _mm512_min_ps(a, b);
}

inline Vec choose_negative(Vec x, Vec yes, Vec no) {
    const __mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    return _mm512_mask_mov_ps(no, negative, yes);
}

inline Vec absolute(Vec x) {
    return _mm512_abs_ps(x);
}

inline Vec round_nearest(Vec x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

inline Vec scaled(Vec x, Vec n) {
    return _mm512_scalef_ps(x, n);
}

inline void transpose(Vec (&rows)[kWidth]) {
    Vec pairs[kWidth];
    for (int i = 0; i < kWidth; i += 2) {
        pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    // In each quarter of fours[4 g + j]: rows 4 g to 4 g + 3 of column 4 * quarter + j.
    Vec fours[kWidth];
    for (int i = 0; i < kWidth; i += 4) {
        for (int j = 0; j < 2; ++j) {
            const __m512d upper = _mm512_castps_pd(pairs[i + j]);
            const __m512d lower = _mm512_castps_pd(pairs[i + j + 2]);
            fours[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(upper, lower));
            fours[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(upper, lower));
        }
    }
    constexpr int kEven = 0x88;
    constexpr int kOdd = 0xDD;
    for (int j = 0; j < 4; ++j) {
        const Vec even = _mm512_shuffle_f32x4(fours[j], fours[4 + j], kEven);
        const Vec odd = _mm512_shuffle_f32x4(fours[j], fours[4 + j], kOdd);
        const Vec even_below = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], kEven);
        const Vec odd_below = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], kOdd);
        rows[j] = _mm512_shuffle_f32x4(even, even_below, kEven);
        rows[4 + j] = _mm512_shuffle_f32x4(odd, odd_below, kEven);
        rows[8 + j] = _mm512_shuffle_f32x4(even, even_below, kOdd);
        rows[12 + j] = _mm512_shuffle_f32x4(odd, odd_below, kOdd);
    }
}

inline Ints load_ints(const std::int32_t* p) {
    return _mm512_loadu_si512(p);
}

inline Ints times(Ints v, std::int32_t factor) {
    return _mm512_mullo_epi32(v, _mm512_set1_epi32(factor));
}

inline Vec to_floats(Ints v) {
    return _mm512_cvtepi32_ps(v);
}

inline void store_bytes(std::uint8_t* p, Vec v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v)));
}

inline float sum_of_lanes(Vec v) {
    return _mm512_reduce_add_ps(v);
}

inline float largest_lane(Vec v) {
    return _mm512_reduce_max_ps(v);
}

}  // namespace
}  // namespace darkroom::engine::cpu
