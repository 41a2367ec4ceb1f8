// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/peak.h"

#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "engine/cpu/workers.h"

namespace darkroom::engine {
namespace {

/// Independent chains, enough to hide the latency of two multiply-add units.
constexpr int kChains = 12;
constexpr std::int64_t kRounds = 2'000'000;
constexpr int kRepeats = 8;

/// Runs `rounds` rounds of kChains operations and returns something that depends on all of them.
using Loop = float (*)(std::int64_t rounds);

__attribute__((target("avx512f"))) float loop_avx512(std::int64_t rounds) {
    __m512 sums[kChains];
    for (__m512& sum : sums)
        sum = _mm512_setzero_ps();
    const __m512 factor = _mm512_set1_ps(0.999F);
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (int j = 0; j < kChains; ++j)
            sums[j] = _mm512_fmadd_ps(sums[j], factor, factor);
    }
    __m512 total = _mm512_setzero_ps();
    for (const __m512& sum : sums)
        total = _mm512_add_ps(total, sum);
    return _mm512_reduce_add_ps(total);
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) float loop_bf16(
    std::int64_t rounds) {
    __m512 sums[kChains];
    for (__m512& sum : sums)
        sum = _mm512_setzero_ps();
    const __m512bh factor = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.01F), _mm512_set1_ps(0.01F));
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (int j = 0; j < kChains; ++j)
            sums[j] = _mm512_dpbf16_ps(sums[j], factor, factor);
    }
    __m512 total = _mm512_setzero_ps();
    for (const __m512& sum : sums)
        total = _mm512_add_ps(total, sum);
    return _mm512_reduce_add_ps(total);
}

__attribute__((target("avx512f,avx512vnni"))) float loop_int8_avx512(std::int64_t rounds) {
    __m512i sums[kChains];
    for (__m512i& sum : sums)
        sum = _mm512_setzero_si512();
    const __m512i factor = _mm512_set1_epi8(1);
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (int j = 0; j < kChains; ++j)
            sums[j] = _mm512_dpbusd_epi32(sums[j], factor, factor);
    }
    __m512i total = _mm512_setzero_si512();
    for (const __m512i& sum : sums)
        total = _mm512_add_epi32(total, sum);
    return static_cast<float>(_mm512_reduce_add_epi32(total));
}

__attribute__((target("avx2,avxvnni"))) float loop_int8_avx2(std::int64_t rounds) {
    __m256i sums[kChains];
    for (__m256i& sum : sums)
        sum = _mm256_setzero_si256();
    const __m256i factor = _mm256_set1_epi8(1);
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (int j = 0; j < kChains; ++j)
            sums[j] = _mm256_dpbusd_avx_epi32(sums[j], factor, factor);
    }
    __m256i total = _mm256_setzero_si256();
    for (const __m256i& sum : sums)
        total = _mm256_add_epi32(total, sum);
    return static_cast<float>(_mm256_extract_epi32(total, 0));
}

__attribute__((target("avx2,fma"))) float loop_avx2(std::int64_t rounds) {
    __m256 sums[kChains];
    for (__m256& sum : sums)
        sum = _mm256_setzero_ps();
    const __m256 factor = _mm256_set1_ps(0.999F);
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (int j = 0; j < kChains; ++j)
            sums[j] = _mm256_fmadd_ps(sums[j], factor, factor);
    }
    float total = 0;
    for (const __m256& sum : sums)
        total += _mm256_cvtss_f32(sum);
    return total;
}

float loop_portable(std::int64_t rounds) {
    __m128 sums[kChains];
    for (__m128& sum : sums)
        sum = _mm_setzero_ps();
    const __m128 factor = _mm_set1_ps(0.999F);
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
        for (int j = 0; j < kChains; ++j) {
            sums[j] = _mm_add_ps(_mm_mul_ps(sums[j], factor), factor);
        }
    }
    float total = 0;
    for (const __m128& sum : sums)
        total += _mm_cvtss_f32(sum);
    return total;
}

/// Gflop/s of all threads together; `flops` is what one operation counts for.
double rate_of(Loop loop, double flops, int threads) {
    cpu::Workers workers(threads);
    double best = 0;
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
        std::atomic<float> sink = 0;
        const auto begin = std::chrono::steady_clock::now();
        workers.run(threads, [&](std::int64_t, int) { sink.fetch_add(loop(kRounds)); });
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
        // Always true: keeps the loops from being optimised away.
        if (sink >= 0) {
            const double operations = static_cast<double>(kRounds) * kChains * threads;
            best = std::max(best, operations * flops / elapsed.count() * 1e-9);
        }
    }
    return best;
}

}  // namespace

PeakRates measure_peak(const CpuBackend& backend) {
    const int threads = backend.threads();
    PeakRates peak;
    switch (backend.instruction_set()) {
        case InstructionSet::portable:
            peak.f32_gflops = rate_of(loop_portable, 8, threads);
            break;
        case InstructionSet::avx2:
            peak.f32_gflops = rate_of(loop_avx2, 16, threads);
            if (has_byte_products(InstructionSet::avx2))
                peak.int8_gops = rate_of(loop_int8_avx2, 64, threads);
            break;
        case InstructionSet::avx512:
            peak.f32_gflops = rate_of(loop_avx512, 32, threads);
            if (has_bf16_products()) peak.bf16_gflops = rate_of(loop_bf16, 64, threads);
            if (has_byte_products(InstructionSet::avx512))
                peak.int8_gops = rate_of(loop_int8_avx512, 128, threads);
            break;
    }
    return peak;
}

}  // namespace darkroom::engine
