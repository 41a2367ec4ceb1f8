// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "engine/cpu/state.h"

// Layers whose products are of bytes: weights get a scale per column when they are packed, inputs
// one per pixel when they arrive.

namespace darkroom::engine {
namespace {

/// Weights are -127 to 127.
constexpr float kMostWeight = 127.0f;
constexpr std::int64_t kCacheLine = 64;

/// Packed weights of one layer, by part.
struct ByteWeights {
    std::int8_t* panels;
    float* scales;
    std::int32_t* sums;
};

ByteWeights parts_of(std::byte* packed, const cpu::ByteLayout& layout) {
    return {
        reinterpret_cast<std::int8_t*>(packed),
        reinterpret_cast<float*>(packed + layout.scales),
        reinterpret_cast<std::int32_t*>(packed + layout.sums)};
}

/// Fills one column block of a phase, its scales and its sums.
void pack_block(
    const cpu::LayerShape& shape,
    const cpu::PanelLayout& layout,
    std::int64_t vector_width,
    std::int64_t block,
    cpu::TapWeights weights,
    const ByteWeights& packed) {
    const std::int64_t first = layout.first_vector(block) * layout.width;
    const std::int64_t columns = layout.first_vector(block + 1) * layout.width - first;
    const std::int64_t all_columns = layout.vectors() * layout.width;
    const std::int64_t tap_size = layout.steps() / shape.taps * layout.step * columns;
    std::int8_t* out = packed.panels + layout.offset(block);
    std::fill_n(out, tap_size * shape.taps, std::int8_t{0});
    std::fill_n(packed.scales + first, columns, 0.0f);
    for (std::int64_t tap = 0; tap < shape.taps; ++tap)
        std::fill_n(packed.sums + tap * all_columns + first, columns, 0);
    for (std::int64_t n = 0; n < columns; ++n) {
        const std::int64_t column = shape.column_at(first + n, vector_width);
        if (column < 0) continue;
        float largest = 0.0f;
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            const float* taps = weights.at(column, c);
            for (std::int64_t tap = 0; tap < shape.taps; ++tap)
                largest = std::max(largest, std::abs(taps[tap]));
        }
        const float inverse = largest > 0.0f ? kMostWeight / largest : 0.0f;
        // Sums of finite weights may be infinite.
        if (!std::isfinite(largest) || !std::isfinite(inverse)) continue;
        packed.scales[first + n] = largest / kMostWeight;
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            std::int8_t* at = out + (c / layout.step * columns + n) * layout.step + c % layout.step;
            const float* taps = weights.at(column, c);
            for (std::int64_t tap = 0; tap < shape.taps; ++tap) {
                const float whole = std::nearbyint(taps[tap] * inverse);
                const auto weight =
                    static_cast<std::int8_t>(std::clamp(whole, -kMostWeight, kMostWeight));
                at[tap * tap_size] = weight;
                packed.sums[tap * all_columns + first + n] += weight;
            }
        }
    }
}

}  // namespace

cpu::ByteLayout::ByteLayout(std::int64_t weights, std::int64_t columns, std::int64_t taps) {
    constexpr auto kFloat = static_cast<std::int64_t>(sizeof(float));
    const std::int64_t scales_at = rounded_up(weights, kCacheLine);
    const std::int64_t sums_at = rounded_up(scales_at + columns * kFloat, kCacheLine);
    scales = static_cast<std::size_t>(scales_at);
    sums = static_cast<std::size_t>(sums_at);
    size_bytes = static_cast<std::size_t>(sums_at + columns * taps * kFloat);
}

bool CpuBackend::State::in_bytes(const LayerSpec& spec) const {
    const bool bears_it = std::visit([](const auto& layer) { return layer.quantisable; }, spec);
    if (!int8 || !bears_it) return false;
    const cpu::LayerShape shape = cpu::shape_before_winograd(spec);
    return shape.channels * shape.taps <= cpu::kMaxByteDepth &&
           (shape.taps == 1 || shape.channels <= cpu::kMaxByteChannels);
}

void CpuBackend::State::pack_bytes(
    const LayerSpec& spec, std::span<const float> weights, std::span<std::byte> packed) {
    const cpu::LayerShape shape = shape_of(spec);
    const cpu::PanelLayout panels = weight_layout(spec);
    const cpu::ByteLayout layout(panels, shape.taps);
    for (std::int64_t phase = 0; phase < shape.phases(); ++phase) {
        const std::span<std::byte> own =
            packed.subspan(static_cast<std::size_t>(phase) * layout.size_bytes, layout.size_bytes);
        std::ranges::fill(own.subspan(static_cast<std::size_t>(panels.size())), std::byte{0});
        const ByteWeights parts = parts_of(own.data(), layout);
        const cpu::TapWeights phase_weights(shape, weights.data(), phase);
        workers.run(panels.blocks(), [&](std::int64_t block, int) {
            pack_block(shape, panels, table.width, block, phase_weights, parts);
        });
    }
}

CpuBackend::State::ByteInput CpuBackend::State::quantised(const Tensor& x) {
    const std::int64_t channels = x.shape()[-1];
    const std::int64_t padded = cpu::rounded_up(channels, cpu::kByteStep);
    const std::int64_t rows = x.numel() / channels;
    Backend& backend = x.backend();
    ByteInput input{
        .bytes = backend.empty({rows, padded}, DType::u8),
        .scales = backend.empty({rows, 2}, DType::f32)};
    static_assert(sizeof(cpu::ByteScale) == 2 * sizeof(float));
    const auto quantise = kernels_of(x.dtype()).quantise;
    const std::int64_t grain = std::max<std::int64_t>(1, cpu::kGrain / channels);
    workers.run_ranges(rows, grain, [&](std::int64_t begin, std::int64_t end) {
        quantise(
            {.x = x.data() + static_cast<std::size_t>(begin * channels) * size_of(x.dtype()),
             .y = input.bytes.values<std::uint8_t>().data() + begin * padded,
             .scales = reinterpret_cast<cpu::ByteScale*>(input.scales.data()) + begin,
             .rows = end - begin,
             .channels = channels,
             .padded_channels = padded});
    });
    return input;
}

cpu::ByteScales CpuBackend::State::byte_scales(
    const ByteInput& input, const PackedWeights& weights) const {
    const cpu::ByteLayout layout(weight_layout(weights.spec), shape_of(weights.spec).taps);
    return {
        .pixels = reinterpret_cast<const cpu::ByteScale*>(input.scales.data()),
        .columns = reinterpret_cast<const float*>(weights.data + layout.scales),
        .column_sums = reinterpret_cast<const std::int32_t*>(weights.data + layout.sums)};
}

}  // namespace darkroom::engine
