// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/curves.h"
#include "engine/cpu/kernels/table.h"

// Norms and softmax.

namespace darkroom::engine::cpu {
namespace {

/// Channel vectors that are summed in registers together.
constexpr std::int64_t kSumVectors = 4;

struct RunSums {
    float sums[kSumVectors * kWidth];
    float squares[kSumVectors * kWidth];
};

template <class T, int kVectors>
inline void sum_run(
    const T* x, const T* pivot, std::int64_t pixels, std::int64_t channels, RunSums& out) {
    Vec sum[kVectors];
    Vec square[kVectors];
    Vec origin[kVectors];
    DARKROOM_UNROLL
    for (int v = 0; v < kVectors; ++v) {
        sum[v] = square[v] = splat(0.0f);
        origin[v] = load(pivot + v * kWidth);
    }
    for (std::int64_t p = 0; p < pixels; ++p) {
        DARKROOM_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            const Vec d = load(x + p * channels + v * kWidth) - origin[v];
            sum[v] = sum[v] + d;
            square[v] = multiply_add(d, d, square[v]);
        }
    }
    DARKROOM_UNROLL
    for (int v = 0; v < kVectors; ++v) {
        store(out.sums + v * kWidth, sum[v]);
        store(out.squares + v * kWidth, square[v]);
    }
}

template <class T>
inline void sum_tail(
    const T* x, const T* pivot, std::int64_t pixels, std::int64_t channels, RunSums& out) {
    const int count = static_cast<int>(channels % kWidth);
    const Vec origin = load_first(pivot, count);
    Vec sum = splat(0.0f);
    Vec square = splat(0.0f);
    for (std::int64_t p = 0; p < pixels; ++p) {
        const Vec d = load_first(x + p * channels, count) - origin;
        sum = sum + d;
        square = multiply_add(d, d, square);
    }
    store(out.sums, sum);
    store(out.squares, square);
}

template <class T>
inline void channel_sums(const ChannelSumsJob& job) {
    const std::int64_t channels = job.channels;
    for (std::int64_t c = 0; job.first && c < channels; ++c)
        job.sums[c] = job.squares[c] = 0.0;
    for (std::int64_t begin = 0; begin < job.pixels; begin += kSumRun) {
        const std::int64_t left = job.pixels - begin;
        const std::int64_t pixels = left < kSumRun ? left : kSumRun;
        const T* x = static_cast<const T*>(job.x) + begin * channels;
        for (std::int64_t c = 0; c < channels;) {
            const T* pivot = static_cast<const T*>(job.pivot) + c;
            RunSums run;
            std::int64_t count = kSumVectors * kWidth;
            if (channels - c >= count) {
                sum_run<T, kSumVectors>(x + c, pivot, pixels, channels, run);
            } else if (channels - c >= kWidth) {
                count = kWidth;
                sum_run<T, 1>(x + c, pivot, pixels, channels, run);
            } else {
                count = channels - c;
                sum_tail<T>(x + c, pivot, pixels, channels, run);
            }
            for (std::int64_t i = 0; i < count; ++i) {
                job.sums[c + i] += static_cast<double>(run.sums[i]);
                job.squares[c + i] += static_cast<double>(run.squares[i]);
            }
            c += count;
        }
    }
}

template <class X, class Y, Curve curve>
inline void scale_shift_as(const ScaleShiftJob& job) {
    const std::int64_t whole = job.channels / kWidth * kWidth;
    const int rest = static_cast<int>(job.channels - whole);
    const X* x = static_cast<const X*>(job.x);
    Y* y = static_cast<Y*>(job.y);
    for (std::int64_t p = 0; p < job.pixels; ++p, x += job.channels, y += job.channels) {
        for (std::int64_t c = 0; c < whole; c += kWidth) {
            const Vec d = load(x + c) - load(job.centre + c);
            const Vec v = multiply_add(d, load(job.scale + c), load(job.shift + c));
            store(y + c, apply<curve>(v));
        }
        if (rest > 0) {
            const Vec d = load_first(x + whole, rest) - load_first(job.centre + whole, rest);
            const Vec v = multiply_add(
                d, load_first(job.scale + whole, rest), load_first(job.shift + whole, rest));
            store_first(y + whole, apply<curve>(v), rest);
        }
    }
}

template <class X, class Y>
inline void scale_shift_from(const ScaleShiftJob& job) {
    switch (job.curve) {
        case Curve::none:
            return scale_shift_as<X, Y, Curve::none>(job);
        case Curve::silu:
            return scale_shift_as<X, Y, Curve::silu>(job);
        case Curve::gelu:
            return scale_shift_as<X, Y, Curve::gelu>(job);
        case Curve::quick_gelu:
            return scale_shift_as<X, Y, Curve::quick_gelu>(job);
    }
}

template <class T>
inline void scale_shift(const ScaleShiftJob& job) {
    return job.wide ? scale_shift_from<float, T>(job) : scale_shift_from<T, T>(job);
}

/// Calls whole(i) for each full vector of a row and part(i, count) for what is left.
template <class Whole, class Part>
inline void for_vectors(std::int64_t count, Whole whole, Part part) {
    std::int64_t i = 0;
    for (; i + kWidth <= count; i += kWidth)
        whole(i);
    if (i < count) part(i, static_cast<int>(count - i));
}

/// Zero in all lanes but the first `count`.
inline Vec keep_first(Vec v, int count) {
    float lanes[kWidth];
    store(lanes, v);
    return load_first(lanes, count);
}

template <class X, class Y>
inline void normalise_row(const LayerNormJob& job, const X* x, Y* y) {
    const auto channels = static_cast<float>(job.channels);
    Vec sum = splat(0.0f);
    for_vectors(
        job.channels,
        [&](std::int64_t i) { sum = sum + load(x + i); },
        [&](std::int64_t i, int n) { sum = sum + load_first(x + i, n); });
    const Vec mean = splat(sum_of_lanes(sum) / channels);
    Vec square = splat(0.0f);
    for_vectors(
        job.channels,
        [&](std::int64_t i) {
            const Vec d = load(x + i) - mean;
            square = multiply_add(d, d, square);
        },
        [&](std::int64_t i, int n) {
            const Vec d = keep_first(load_first(x + i, n) - mean, n);
            square = multiply_add(d, d, square);
        });
    const float variance = sum_of_lanes(square) / channels;
    const Vec scale = splat(1.0f / __builtin_sqrtf(variance + job.epsilon));
    for_vectors(
        job.channels,
        [&](std::int64_t i) {
            const Vec d = (load(x + i) - mean) * scale;
            store(y + i, multiply_add(d, load(job.gamma + i), load(job.beta + i)));
        },
        [&](std::int64_t i, int n) {
            const Vec d = (load_first(x + i, n) - mean) * scale;
            const Vec gamma = load_first(job.gamma + i, n);
            const Vec beta = load_first(job.beta + i, n);
            store_first(y + i, multiply_add(d, gamma, beta), n);
        });
}

template <class X, class Y>
inline void layer_norm_from(const LayerNormJob& job) {
    for (std::int64_t row = 0; row < job.rows; ++row) {
        const std::int64_t at = row * job.channels;
        normalise_row(job, static_cast<const X*>(job.x) + at, static_cast<Y*>(job.y) + at);
    }
}

template <class T>
inline void layer_norm(const LayerNormJob& job) {
    return job.wide ? layer_norm_from<float, T>(job) : layer_norm_from<T, T>(job);
}

inline float element(float x) {
    return x;
}

inline float element(Bf16 x) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(x.bits) << 16);
}

template <class T>
inline void softmax_row(const T* x, T* y, std::int64_t columns) {
    Vec peak = splat(-__builtin_inff());
    for_vectors(
        columns,
        [&](std::int64_t i) { peak = maximum(peak, load(x + i)); },
        [&](std::int64_t i, int n) {
            for (int j = 0; j < n; ++j)
                peak = maximum(peak, splat(element(x[i + j])));
        });
    const Vec largest = splat(largest_lane(peak));
    Vec sum = splat(0.0f);
    for_vectors(
        columns,
        [&](std::int64_t i) { sum = sum + exponential(load(x + i) - largest); },
        [&](std::int64_t i, int n) {
            sum = sum + keep_first(exponential(load_first(x + i, n) - largest), n);
        });
    const Vec inverse = splat(1.0f / sum_of_lanes(sum));
    for_vectors(
        columns,
        [&](std::int64_t i) { store(y + i, exponential(load(x + i) - largest) * inverse); },
        [&](std::int64_t i, int n) {
            store_first(y + i, exponential(load_first(x + i, n) - largest) * inverse, n);
        });
}

template <class T>
inline void softmax(const void* x, void* y, std::int64_t rows, std::int64_t columns) {
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t at = row * columns;
        softmax_row<T>(static_cast<const T*>(x) + at, static_cast<T*>(y) + at, columns);
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
