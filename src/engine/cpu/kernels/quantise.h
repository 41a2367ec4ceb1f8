// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/norms.h"

// Rows of floats as bytes.

namespace darkroom::engine::cpu {
namespace {

/// A range this small, or smaller, is taken for zero: its inverse would be infinite.
constexpr float kSmallestRange = 1e-30f;

/// How a row's numbers become bytes, and what they stand for then.
struct ByteRange {
    ByteScale scale;
    float inverse;
};

/// The row's range, widened so that zero is in it and has a byte of its own.
template <class T>
inline ByteRange byte_range(const T* x, std::int64_t channels) {
    const Vec nothing = splat(0.0f);
    Vec highest = nothing;
    Vec lowest = nothing;
    // Zero times a finite number is zero; times anything else it is NaN, which maximum may lose.
    Vec poison = nothing;
    const auto look = [&](Vec v) {
        highest = maximum(highest, v);
        lowest = maximum(lowest, nothing - v);
        poison = poison + v * nothing;
    };
    for_vectors(
        channels,
        [&](std::int64_t i) { look(load(x + i)); },
        [&](std::int64_t i, int n) { look(load_first(x + i, n)); });
    const float high = largest_lane(highest);
    const float low = largest_lane(lowest);
    const float range = high + low;
    const float finite = sum_of_lanes(poison);
    if (!(finite == 0.0f)) return {{finite, 0}, 0.0f};
    if (range <= kSmallestRange) return {{0.0f, 0}, 0.0f};
    const float inverse = 255.0f / range;
    const auto zero = static_cast<std::int32_t>(__builtin_rintf(low * inverse));
    return {{range / 255.0f, zero}, inverse};
}

template <class T>
inline void quantise_row(
    const T* x, std::uint8_t* y, std::int64_t channels, const ByteRange& range) {
    const Vec inverse = splat(range.inverse);
    const Vec zero = splat(static_cast<float>(range.scale.zero));
    const Vec nothing = splat(0.0f);
    const Vec most = splat(255.0f);
    // Rounded before the zero is added: then nothing depends on how a sum of products is rounded.
    const auto to_byte = [&](Vec v) {
        return minimum(maximum(round_nearest(v * inverse) + zero, nothing), most);
    };
    for_vectors(
        channels,
        [&](std::int64_t i) { store_bytes(y + i, to_byte(load(x + i))); },
        [&](std::int64_t i, int n) {
            std::uint8_t bytes[kWidth];
            store_bytes(bytes, to_byte(load_first(x + i, n)));
            for (int j = 0; j < n; ++j)
                y[i + j] = bytes[j];
        });
}

template <class T>
inline void quantise(const QuantiseJob& job) {
    for (std::int64_t row = 0; row < job.rows; ++row) {
        const T* x = static_cast<const T*>(job.x) + row * job.channels;
        std::uint8_t* y = job.y + row * job.padded_channels;
        const ByteRange range = byte_range(x, job.channels);
        quantise_row(x, y, job.channels, range);
        for (std::int64_t i = job.channels; i < job.padded_channels; ++i)
            y[i] = 0;
        job.scales[row] = range.scale;
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
