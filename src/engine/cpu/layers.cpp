// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

using cpu::LayerShape;
using cpu::rounded_up;

/// The rows that one job takes: equal shares of at most kMaxPanelRows, smaller where that many
/// would leave threads idle. A multiple of every tile height of the wide blocks.
std::int64_t rows_per_job(std::int64_t rows, std::int64_t blocks, int threads) {
    constexpr std::int64_t kTile = 12;
    const std::int64_t wanted = 4 * std::int64_t{threads};
    const std::int64_t for_cache = cpu::ceil_divide(rows, cpu::kMaxPanelRows);
    const std::int64_t for_threads = cpu::ceil_divide(wanted, blocks);
    const std::int64_t jobs = std::max(for_cache, threads > 1 ? for_threads : 1);
    return std::min(rounded_up(cpu::ceil_divide(rows, jobs), kTile), cpu::kMaxPanelRows);
}

template <class T>
T converted(float value) {
    if constexpr (sizeof(T) == sizeof(float))
        return value;
    else
        return to_bf16(value);
}

/// Fills one column block of a phase.
template <class T>
void pack_block(
    const LayerShape& shape,
    const cpu::PanelLayout& layout,
    std::int64_t vector_width,
    std::int64_t block,
    cpu::PhaseWeights weights,
    T* packed) {
    const std::int64_t first = layout.first_vector(block) * layout.width;
    const std::int64_t columns = layout.first_vector(block + 1) * layout.width - first;
    const std::int64_t tap_size = layout.steps() / shape.taps * layout.step * columns;
    T* out = packed + layout.offset(block);
    std::fill_n(out, tap_size * shape.taps, T{});
    for (std::int64_t n = 0; n < columns; ++n) {
        const std::int64_t column = shape.column_at(first + n, vector_width);
        if (column < 0) continue;
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            T* at = out + (c / layout.step * columns + n) * layout.step + c % layout.step;
            const float* taps = weights.taps(column, c);
            for (std::int64_t tap = 0; tap < shape.taps; ++tap)
                at[tap * tap_size] = converted<T>(taps[tap]);
        }
    }
}

DType result_dtype(const Epilogue& epilogue, DType dtype) {
    if (epilogue.residual) return epilogue.residual.dtype();
    return epilogue.wide ? DType::f32 : dtype;
}

/// x with its channels padded by zeros to a multiple of `step`; bf16.
Tensor padded_channels(Backend& backend, const Tensor& x, std::int64_t channels) {
    const std::int64_t from = x.shape()[-1];
    Tensor y = backend.empty(x.shape().with(-1, channels), x.dtype());
    const auto source = x.values<const BFloat16>();
    const auto target = y.values<BFloat16>();
    const auto width = static_cast<std::size_t>(from);
    const auto padded = static_cast<std::size_t>(channels);
    for (std::size_t i = 0, j = 0; i < source.size(); i += width, j += padded) {
        std::ranges::copy(source.subspan(i, width), target.begin() + static_cast<long>(j));
        std::ranges::fill(target.subspan(j + width, padded - width), BFloat16{});
    }
    return y;
}

/// The jobs of a layer's phases; of a layer that does not upsample, the first is all of it.
std::array<cpu::PanelJob, 4> phases_of(
    const cpu::PanelJob& job, const LayerShape& shape, std::size_t bytes) {
    std::array<cpu::PanelJob, 4> phases;
    phases.fill(job);
    if (shape.phases == 1) return phases;
    for (std::size_t i = 0; i < phases.size(); ++i) {
        cpu::PanelJob& phase = phases[i];
        phase.spread = 2;
        phase.first_y = static_cast<std::int64_t>(i) / 2;
        phase.first_x = static_cast<std::int64_t>(i) % 2;
        phase.input.kernel = 2;
        phase.input.pad_above -= phase.first_y;
        phase.input.pad_before -= phase.first_x;
        phase.weights = static_cast<const std::byte*>(job.weights) + i * bytes;
        if (job.bytes.columns == nullptr) continue;
        phase.bytes.columns += i * bytes / sizeof(*job.bytes.columns);
        phase.bytes.column_sums += i * bytes / sizeof(*job.bytes.column_sums);
    }
    return phases;
}

}  // namespace

cpu::LayerShape cpu::shape_of(const LayerSpec& spec) {
    if (const auto* conv = std::get_if<Conv2dSpec>(&spec)) {
        LayerShape shape{conv->in_channels, conv->out_channels, conv->kernel * conv->kernel};
        if (conv->upsampled) {
            shape.taps = 4;
            shape.phases = 4;
        }
        return shape;
    }
    const auto& linear = std::get<LinearSpec>(spec);
    return {linear.in_features, linear.weight_rows(), 1, linear.gated};
}

Tensor CpuBackend::State::run_panels(
    const Tensor& x,
    cpu::PanelInput window,
    const PackedWeights& weights,
    const Epilogue& epilogue,
    const Tensor& result) {
    const LayerShape shape = cpu::shape_of(weights.spec);
    const cpu::PanelLayout layout = weight_layout(weights.spec);
    DARKROOM_CHECK(
        weights.data != nullptr && weights.layout.tag == tag_of(weights.spec),
        "weights packed as '{}' where '{}' is needed",
        weights.layout.tag,
        tag_of(weights.spec));
    cpu::PanelJob job;
    Tensor operand = x;
    ByteInput bytes;
    auto kernel = kernels_of(dtype).panels;
    if (in_bytes(weights.spec)) {
        bytes = quantised(x);
        operand = bytes.bytes;
        job.bytes = byte_scales(bytes, weights);
        kernel = kernels_of(dtype).byte_panels;
    } else if (const std::int64_t channels = rounded_up(x.shape()[-1], kernels_of(dtype).step);
               channels != x.shape()[-1]) {
        operand = padded_channels(x.backend(), x, channels);
    }
    window.data = operand.data();
    window.channels = operand.shape()[-1];
    job.input = window;
    const std::int64_t samples = result.shape()[0];
    if (epilogue.bias) {
        job.epilogue.bias = cpu::floats_of(epilogue.bias, shape.columns, samples);
        job.epilogue.bias_stride = epilogue.bias.shape().rank() == 2 ? shape.columns : 0;
    }
    job.epilogue.curve = cpu::curve_of(epilogue.activation);
    if (epilogue.residual) {
        DARKROOM_CHECK(
            epilogue.residual.shape() == result.shape() &&
                epilogue.residual.dtype() == result.dtype(),
            "a residual of {} for {}",
            engine::to_string(epilogue.residual.shape()),
            engine::to_string(result.shape()));
        job.epilogue.residual = epilogue.residual.data();
    }
    job.epilogue.wide = result.dtype() == DType::f32;
    job.weights = weights.data;
    job.output = result.data();
    job.columns = shape.columns;
    job.gated = shape.gated;

    const std::int64_t rows = result.numel() / result.shape()[-1] / shape.phases;
    if (rows == 0) return result;
    const std::int64_t blocks = layout.blocks();
    const std::int64_t share = rows_per_job(rows, shape.phases * blocks, workers.threads());
    const std::int64_t shares = cpu::ceil_divide(rows, share);
    const auto phases = phases_of(job, shape, phase_bytes(weights.spec));
    workers.run(shape.phases * blocks * shares, [&](std::int64_t piece, int) {
        cpu::PanelJob part = phases[static_cast<std::size_t>(piece / (blocks * shares))];
        part.block = piece / shares % blocks;
        part.row_begin = piece % shares * share;
        part.row_end = std::min(rows, part.row_begin + share);
        kernel(part);
    });
    return result;
}

std::size_t CpuBackend::State::phase_bytes(const LayerSpec& spec) const {
    const cpu::PanelLayout panels = weight_layout(spec);
    if (!in_bytes(spec)) return static_cast<std::size_t>(panels.size()) * size_of(dtype);
    return cpu::ByteLayout(panels, cpu::shape_of(spec).taps).size_bytes;
}

PackedLayout CpuBackend::State::packed_layout(const LayerSpec& spec) const {
    const auto phases = static_cast<std::size_t>(cpu::shape_of(spec).phases);
    return {.tag = tag_of(spec), .size_bytes = phases * phase_bytes(spec)};
}

PackedLayout CpuBackend::layout_of(const LayerSpec& spec) const {
    return state_->packed_layout(spec);
}

void CpuBackend::pack(
    const LayerSpec& spec, std::span<const float> weights, std::span<std::byte> packed) {
    const LayerShape shape = cpu::shape_of(spec);
    const cpu::PanelLayout layout = state_->weight_layout(spec);
    DARKROOM_CHECK(
        std::ssize(weights) == shape.file_weights() && packed.size() == layout_of(spec).size_bytes,
        "packing {} weights of {}x{}x{} into {} bytes",
        weights.size(),
        shape.columns,
        shape.channels,
        shape.file_taps(),
        packed.size());
    if (state_->in_bytes(spec)) return state_->pack_bytes(spec, weights, packed);
    const std::size_t bytes = state_->phase_bytes(spec);
    const std::int64_t width = state_->table.width;
    state_->workers.run(shape.phases * layout.blocks(), [&](std::int64_t piece, int) {
        const std::int64_t phase = piece / layout.blocks();
        const std::int64_t block = piece % layout.blocks();
        const cpu::PhaseWeights own(shape, weights.data(), phase);
        void* out = packed.data() + static_cast<std::size_t>(phase) * bytes;
        if (state_->dtype == DType::f32) {
            pack_block(shape, layout, width, block, own, static_cast<float*>(out));
        } else {
            pack_block(shape, layout, width, block, own, static_cast<BFloat16*>(out));
        }
    });
}

Tensor CpuBackend::conv2d_band(
    const Tensor& x,
    const PackedWeights& weights,
    const Epilogue& epilogue,
    const RowPadding& padding) {
    const auto& spec = std::get<Conv2dSpec>(weights.spec);
    const Shape& shape = x.shape();
    DARKROOM_CHECK(
        shape.rank() == 4 && shape[3] == spec.in_channels && x.dtype() == state_->dtype,
        "conv2d over {} {}",
        to_string(x.dtype()),
        to_string(shape));
    // In positions of the kernel.
    const auto extent = [&](std::int64_t padded_size) {
        const std::int64_t room = padded_size - spec.kernel;
        DARKROOM_CHECK(room >= 0 && spec.stride > 0, "conv2d over {}", to_string(shape));
        return room / spec.stride + 1;
    };
    const std::int64_t height = extent(padding.above + shape[1] + padding.below);
    const std::int64_t width = extent(spec.pad_before + shape[2] + spec.pad_after);
    const Tensor result = empty(
        {shape[0], spec.growth() * height, spec.growth() * width, spec.out_channels},
        result_dtype(epilogue, x.dtype()));
    const cpu::PanelInput window{
        .height = shape[1],
        .width = shape[2],
        .out_height = height,
        .out_width = width,
        .kernel = spec.kernel,
        .stride = spec.stride,
        .pad_above = padding.above,
        .pad_before = spec.pad_before};
    return state_->run_panels(x, window, weights, epilogue, result);
}

Tensor CpuBackend::linear(const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue) {
    const auto& spec = std::get<LinearSpec>(weights.spec);
    const Shape& shape = x.shape();
    DARKROOM_CHECK(
        shape.rank() >= 2 && shape[-1] == spec.in_features && x.dtype() == state_->dtype,
        "linear over {} {}",
        to_string(x.dtype()),
        to_string(shape));
    const std::int64_t samples = shape[0];
    const std::int64_t rows = samples == 0 ? 0 : x.numel() / spec.in_features / samples;
    const cpu::PanelInput window{.width = rows, .out_width = rows};
    const Tensor result =
        empty(shape.with(-1, spec.out_features), result_dtype(epilogue, x.dtype()));
    return state_->run_panels(x, window, weights, epilogue, result);
}

}  // namespace darkroom::engine
