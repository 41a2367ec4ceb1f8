// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include "engine/cpu/kernels/table.h"

// Eight lanes of AVX2 and FMA. The functions are those of simd_portable.h.

namespace darkroom::engine::cpu {
namespace {

using Vec = __m256;
using Ints = __m256i;

constexpr int kWidth = 8;
constexpr int kMaxVectors = 2;

inline Vec splat(float x) {
    return _mm256_set1_ps(x);
}

inline Vec load(const float* p) {
    return _mm256_loadu_ps(p);
}

inline Vec load(const Bf16* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

template <class T>
inline Vec load_first(const T* p, int count) {
    T lanes[kWidth] = {};
    for (int i = 0; i < count; ++i)
        lanes[i] = p[i];
    return load(lanes);
}

inline void store(float* p, Vec v) {
    _mm256_storeu_ps(p, v);
}

inline void store(Bf16* p, Vec v) {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i rounded =
        _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    const __m256i upper = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(upper, upper), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
}

template <class T>
inline void store_first(T* p, Vec v, int count) {
    T lanes[kWidth];
    store(lanes, v);
    for (int i = 0; i < count; ++i)
        p[i] = lanes[i];
}

inline Vec multiply_add(Vec a, Vec b, Vec c) {
    return _mm256_fmadd_ps(a, b, c);
}

inline Vec maximum(Vec a, Vec b) {
    return _mm256_max_ps(a, b);
}
inline Vec minimum(Vec a, Vec b) {
    return _mm256_min_ps(a, b);
}

inline Vec choose_negative(Vec x, Vec yes, Vec no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ));
}

inline Vec absolute(Vec x) {
    return _mm256_andnot_ps(splat(-0.0f), x);
}

inline Vec round_nearest(Vec x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

inline Vec scaled(Vec x, Vec n) {
    const __m256i whole = _mm256_cvtps_epi32(_mm256_max_ps(_mm256_set1_ps(-127.0f), n));
    const __m256i exponent = _mm256_add_epi32(whole, _mm256_set1_epi32(127));
    return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}

inline void transpose(Vec (&rows)[kWidth]) {
    Vec pairs[kWidth];
    for (int i = 0; i < kWidth; i += 2) {
        pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
    }
    Vec fours[kWidth];
    for (int i = 0; i < kWidth; i += 4) {
        for (int j = 0; j < 2; ++j) {
            const __m256d upper = _mm256_castps_pd(pairs[i + j]);
            const __m256d lower = _mm256_castps_pd(pairs[i + j + 2]);
            fours[i + 2 * j] = _mm256_castpd_ps(_mm256_unpacklo_pd(upper, lower));
            fours[i + 2 * j + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(upper, lower));
        }
    }
    for (int j = 0; j < 4; ++j) {
        rows[j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x20);
        rows[4 + j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x31);
    }
}

inline Ints load_ints(const std::int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

inline Ints times(Ints v, std::int32_t factor) {
    return _mm256_mullo_epi32(v, _mm256_set1_epi32(factor));
}

inline Vec to_floats(Ints v) {
    return _mm256_cvtepi32_ps(v);
}

inline void store_bytes(std::uint8_t* p, Vec v) {
    const __m256i words = _mm256_cvtps_epi32(v);
    const __m256i halves = _mm256_permute4x64_epi64(_mm256_packus_epi32(words, words), 0x08);
    const __m128i low = _mm256_castsi256_si128(halves);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(low, low));
}

inline float sum_of_lanes(Vec v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

inline float largest_lane(Vec v) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

}  // namespace
}  // namespace darkroom::engine::cpu
