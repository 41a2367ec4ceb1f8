// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/table.h"

// Sums of unsigned times signed bytes, four to a lane of 32 bits, in whatever the unit that
// includes this is compiled for. The numbers are whole, so every version gives the same.

namespace darkroom::engine::cpu {
namespace {

inline std::int32_t four_bytes(const std::uint8_t* p) {
    std::int32_t bytes;
    __builtin_memcpy(&bytes, p, sizeof(bytes));
    return bytes;
}

#if defined(__AVX512VNNI__)
struct ByteProduct {
    using Row = __m512i;
    using Column = __m512i;

    static Row broadcast(const std::uint8_t* p) { return _mm512_set1_epi32(four_bytes(p)); }
    static Column column(const std::int8_t* p) { return _mm512_loadu_si512(p); }
    static Ints accumulate(Ints sum, Row a, Column b) {
        // Not the intrinsic: with it GCC 12 keeps a tile's sums on the stack.
        __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
        return sum;
    }
};
#elif defined(__AVX512BW__)
/// Even and odd bytes as words of 16 bits, since sums of VPMADDUBSW would saturate.
struct ByteProduct {
    struct Words {
        __m512i even;
        __m512i odd;
    };
    using Row = Words;
    using Column = Words;

    static Row broadcast(const std::uint8_t* p) {
        const __m512i bytes = _mm512_set1_epi32(four_bytes(p));
        return {_mm512_and_si512(bytes, _mm512_set1_epi16(0xFF)), _mm512_srli_epi16(bytes, 8)};
    }
    static Column column(const std::int8_t* p) {
        const __m512i bytes = _mm512_loadu_si512(p);
        return {_mm512_srai_epi16(_mm512_slli_epi16(bytes, 8), 8), _mm512_srai_epi16(bytes, 8)};
    }
    static Ints accumulate(Ints sum, const Row& a, const Column& b) {
        const __m512i even = _mm512_madd_epi16(a.even, b.even);
        const __m512i odd = _mm512_madd_epi16(a.odd, b.odd);
        return _mm512_add_epi32(sum, _mm512_add_epi32(even, odd));
    }
};
#elif defined(__AVXVNNI__)
struct ByteProduct {
    using Row = __m256i;
    using Column = __m256i;

    static Row broadcast(const std::uint8_t* p) { return _mm256_set1_epi32(four_bytes(p)); }
    static Column column(const std::int8_t* p) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    static Ints accumulate(Ints sum, Row a, Column b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
};
#elif defined(__AVX2__)
/// Even and odd bytes as words of 16 bits, since sums of VPMADDUBSW would saturate.
struct ByteProduct {
    struct Words {
        __m256i even;
        __m256i odd;
    };
    using Row = Words;
    using Column = Words;

    static Row broadcast(const std::uint8_t* p) {
        const __m256i bytes = _mm256_set1_epi32(four_bytes(p));
        return {_mm256_and_si256(bytes, _mm256_set1_epi16(0xFF)), _mm256_srli_epi16(bytes, 8)};
    }
    static Column column(const std::int8_t* p) {
        const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        return {_mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8), _mm256_srai_epi16(bytes, 8)};
    }
    static Ints accumulate(Ints sum, const Row& a, const Column& b) {
        const __m256i even = _mm256_madd_epi16(a.even, b.even);
        const __m256i odd = _mm256_madd_epi16(a.odd, b.odd);
        return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
    }
};
#else
struct ByteProduct {
    using Row = const std::uint8_t*;
    using Column = const std::int8_t*;

    static Row broadcast(const std::uint8_t* p) { return p; }
    static Column column(const std::int8_t* p) { return p; }
    static Ints accumulate(Ints sum, Row a, Column b) {
        for (int i = 0; i < kWidth; ++i) {
            for (int j = 0; j < kByteStep; ++j)
                sum[i] += std::int32_t{a[j]} * std::int32_t{b[i * kByteStep + j]};
        }
        return sum;
    }
};
#endif

}  // namespace
}  // namespace darkroom::engine::cpu
