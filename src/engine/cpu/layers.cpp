// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

using cpu::LayerShape;
using cpu::rounded_up;

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

/// Makes the job of an upsampling layer that of one of its phases, whose weights are so many bytes
/// apart.
void choose_phase(cpu::PanelJob& job, std::int64_t phase, std::size_t bytes_apart) {
    job.spread = 2;
    job.first_y = phase / 2;
    job.first_x = phase % 2;
    job.input.kernel = 2;
    job.input.pad_above -= job.first_y;
    job.input.pad_before -= job.first_x;
    const std::size_t offset = static_cast<std::size_t>(phase) * bytes_apart;
    job.weights = static_cast<const std::byte*>(job.weights) + offset;
    if (job.bytes.columns == nullptr) return;
    job.bytes.columns += offset / sizeof(*job.bytes.columns);
    job.bytes.column_sums += offset / sizeof(*job.bytes.column_sums);
}

}  // namespace

std::int64_t CpuBackend::State::share_of_rows(
    std::int64_t rows, std::int64_t blocks, std::int64_t most) const {
    // A multiple of every tile height of the wide blocks.
    constexpr std::int64_t kTile = 12;
    const int threads = workers.threads();
    const std::int64_t wanted = 4 * std::int64_t{threads};
    const std::int64_t for_cache = cpu::ceil_divide(rows, most);
    const std::int64_t for_threads = cpu::ceil_divide(wanted, blocks);
    const std::int64_t jobs = std::max(for_cache, threads > 1 ? for_threads : 1);
    return std::min(rounded_up(cpu::ceil_divide(rows, jobs), kTile), most);
}

cpu::PanelJob CpuBackend::State::job_of(
    const PackedWeights& weights, const Epilogue& epilogue, const Tensor& result) const {
    const LayerShape shape = shape_of(weights.spec);
    DARKROOM_CHECK(
        weights.data != nullptr && weights.layout.tag == tag_of(weights.spec),
        "weights packed as '{}' where '{}' is needed",
        weights.layout.tag,
        tag_of(weights.spec));
    cpu::PanelJob job;
    if (epilogue.bias) {
        job.epilogue.bias = cpu::floats_of(epilogue.bias, shape.columns, result.shape()[0]);
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
    return job;
}

Tensor CpuBackend::State::run_panels(
    const Tensor& x,
    cpu::PanelInput window,
    const PackedWeights& weights,
    const Epilogue& epilogue,
    const Tensor& result) {
    const LayerShape shape = shape_of(weights.spec);
    cpu::PanelJob job = job_of(weights, epilogue, result);
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

    const std::int64_t rows = result.numel() / result.shape()[-1] / shape.phases();
    if (rows == 0) return result;
    const std::int64_t blocks = weight_layout(weights.spec).blocks();
    const std::int64_t share = share_of_rows(rows, shape.phases() * blocks, cpu::kMaxPanelRows);
    const std::int64_t shares = cpu::ceil_divide(rows, share);
    const std::size_t bytes_apart = phase_bytes(weights.spec);
    workers.run(shape.phases() * blocks * shares, [&](std::int64_t piece, int) {
        cpu::PanelJob part = job;
        if (shape.form == cpu::LayerForm::upsampled) {
            choose_phase(part, piece / (blocks * shares), bytes_apart);
        }
        part.block = piece / shares % blocks;
        part.row_begin = piece % shares * share;
        part.row_end = std::min(rows, part.row_begin + share);
        kernel(part);
    });
    return result;
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
    if (state_->shape_of(spec).form == cpu::LayerForm::winograd) {
        return state_->run_winograd(x, window, weights, epilogue, result);
    }
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
