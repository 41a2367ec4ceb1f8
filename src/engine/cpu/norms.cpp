// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// Rows of about cpu::kGrain elements together.
std::int64_t rows_per_piece(std::int64_t columns) {
    return std::max<std::int64_t>(1, cpu::kGrain / std::max<std::int64_t>(1, columns));
}

/// Byte `element` of a tensor, counted in elements.
std::byte* element_at(const Tensor& x, std::int64_t element) {
    return x.data() + static_cast<std::size_t>(element) * size_of(x.dtype());
}

/// The pixels of one sample in runs whose length depends on the picture alone, so that sums do not
/// depend on the number of threads.
struct PixelRuns {
    explicit PixelRuns(std::int64_t pixel_count) : pixels(pixel_count) {
        constexpr std::int64_t kRuns = 64;
        constexpr std::int64_t kShortest = 64;
        length = std::max(kShortest, (pixels + kRuns - 1) / kRuns);
        count = (pixels + length - 1) / length;
    }

    std::int64_t pixels;
    std::int64_t length;
    std::int64_t count;
};

/// What turns one sample into normalised channels: y = (x - centre) * scale + shift.
struct ChannelScales {
    ChannelScales(float* memory, std::int64_t channels)
        : centre(memory), scale(memory + channels), shift(memory + 2 * channels) {}

    float* centre;
    float* scale;
    float* shift;
};

struct GroupNormPlan {
    std::int64_t pixels = 0;
    std::int64_t channels = 0;
    std::int64_t group_size = 0;
    const float* gamma = nullptr;
    const float* beta = nullptr;
    double epsilon = 0.0;
};

/// From the sums of (x - pivot) and its square per channel to the scales of all channels.
void solve_groups(
    const GroupNormPlan& plan,
    const double* sums,
    const double* squares,
    const float* pivot,
    const ChannelScales& scales) {
    const auto pixels = static_cast<double>(plan.pixels);
    const double count = pixels * static_cast<double>(plan.group_size);
    for (std::int64_t first = 0; first < plan.channels; first += plan.group_size) {
        const std::int64_t end = first + plan.group_size;
        double mean = 0.0;
        for (std::int64_t c = first; c < end; ++c) {
            mean += sums[c] / pixels + static_cast<double>(pivot[c]);
        }
        mean /= static_cast<double>(plan.group_size);
        double spread = 0.0;
        for (std::int64_t c = first; c < end; ++c) {
            const double offset = sums[c] / pixels;
            const double distance = offset + static_cast<double>(pivot[c]) - mean;
            spread += squares[c] - pixels * offset * offset + pixels * distance * distance;
        }
        // Not std::max, which would turn NaN into zero.
        const double variance = spread < 0.0 ? 0.0 : spread / count;
        const double inverse = 1.0 / std::sqrt(variance + plan.epsilon);
        for (std::int64_t c = first; c < end; ++c) {
            const double scale = inverse * static_cast<double>(plan.gamma[c]);
            // The shift makes up for what the mean loses as f32.
            const auto centre = static_cast<float>(mean);
            const double rest = (mean - static_cast<double>(centre)) * scale;
            scales.centre[c] = centre;
            scales.scale[c] = static_cast<float>(scale);
            scales.shift[c] = static_cast<float>(static_cast<double>(plan.beta[c]) - rest);
        }
    }
}

}  // namespace

Tensor CpuBackend::group_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const GroupNormOptions& options) {
    const std::int64_t groups = options.groups;
    const Shape& shape = x.shape();
    DARKROOM_CHECK(
        shape.rank() >= 2 && groups > 0 && shape[-1] % groups == 0 && x.numel() > 0,
        "group_norm of {} in {} groups",
        to_string(shape),
        groups);
    const std::int64_t samples = shape[0];
    const std::int64_t channels = shape[-1];
    const std::int64_t pixels = x.numel() / samples / channels;
    const GroupNormPlan plan{
        .pixels = pixels,
        .channels = channels,
        .group_size = channels / groups,
        .gamma = cpu::floats_of(gamma, channels),
        .beta = cpu::floats_of(beta, channels),
        .epsilon = static_cast<double>(options.epsilon)};
    const cpu::ElementKernels& kernels = state_->kernels_of(x.dtype());
    const auto scale_shift = state_->kernels_of(state_->dtype).scale_shift;
    const PixelRuns runs(pixels);
    Tensor y = empty(shape, state_->dtype);
    // Pairs of sums and squares, as f64 in f32 tensors.
    const Tensor sum_memory = empty({samples, runs.count, 2, channels * 2}, DType::f32);
    auto* const sums = static_cast<double*>(static_cast<void*>(sum_memory.data()));
    const Tensor scale_memory = empty({samples, 4, channels}, DType::f32);
    float* const scales = scale_memory.values<float>().data();

    state_->workers.run(samples * runs.count, [&](std::int64_t piece, int) {
        const std::int64_t sample = piece / runs.count;
        const std::int64_t begin = piece % runs.count * runs.length;
        double* out = sums + piece * 2 * channels;
        kernels.channel_sums(
            {.x = element_at(x, (sample * pixels + begin) * channels),
             .pivot = element_at(x, sample * pixels * channels),
             .pixels = std::min(runs.length, pixels - begin),
             .channels = channels,
             .sums = out,
             .squares = out + channels});
    });
    state_->workers.run(samples, [&](std::int64_t sample, int) {
        double* total = sums + sample * runs.count * 2 * channels;
        for (std::int64_t run = 1; run < runs.count; ++run) {
            const double* part = total + run * 2 * channels;
            for (std::int64_t c = 0; c < 2 * channels; ++c)
                total[c] += part[c];
        }
        float* memory = scales + sample * 4 * channels;
        float* pivot = memory + 3 * channels;
        kernels.to_f32(element_at(x, sample * pixels * channels), pivot, channels);
        solve_groups(plan, total, total + channels, pivot, ChannelScales(memory, channels));
    });
    state_->workers.run(samples * runs.count, [&](std::int64_t piece, int) {
        const std::int64_t sample = piece / runs.count;
        const std::int64_t begin = piece % runs.count * runs.length;
        const std::int64_t at = (sample * pixels + begin) * channels;
        const ChannelScales solved(scales + sample * 4 * channels, channels);
        scale_shift(
            {.x = element_at(x, at),
             .wide = x.dtype() == DType::f32,
             .y = element_at(y, at),
             .pixels = std::min(runs.length, pixels - begin),
             .channels = channels,
             .centre = solved.centre,
             .scale = solved.scale,
             .shift = solved.shift,
             .curve = cpu::curve_of(options.activation)});
    });
    return y;
}

Tensor CpuBackend::layer_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const LayerNormOptions& options) {
    const std::int64_t channels = x.shape()[-1];
    const DType result = options.wide ? DType::f32 : state_->dtype;
    const Tensor from = options.wide && x.dtype() != DType::f32 ? cast(x, DType::f32) : x;
    const cpu::ElementKernels& kernels = state_->kernels_of(result);
    const float* scale = cpu::floats_of(gamma, channels);
    const float* shift = cpu::floats_of(beta, channels);
    Tensor y = empty(x.shape(), result);
    const std::int64_t rows = x.numel() / std::max<std::int64_t>(1, channels);
    state_->workers.run_ranges(
        rows, rows_per_piece(channels), [&](std::int64_t begin, std::int64_t end) {
            kernels.layer_norm(
                {.x = element_at(from, begin * channels),
                 .wide = from.dtype() == DType::f32,
                 .y = element_at(y, begin * channels),
                 .rows = end - begin,
                 .channels = channels,
                 .gamma = scale,
                 .beta = shift,
                 .epsilon = options.epsilon});
        });
    return y;
}

Tensor CpuBackend::softmax(const Tensor& x) {
    const std::int64_t columns = x.shape()[-1];
    const cpu::ElementKernels& kernels = state_->kernels_of(x.dtype());
    Tensor y = empty(x.shape(), x.dtype());
    const std::int64_t rows = x.numel() / std::max<std::int64_t>(1, columns);
    state_->workers.run_ranges(
        rows, rows_per_piece(columns), [&](std::int64_t begin, std::int64_t end) {
            kernels.softmax(
                element_at(x, begin * columns),
                element_at(y, begin * columns),
                end - begin,
                columns);
        });
    return y;
}

}  // namespace darkroom::engine
