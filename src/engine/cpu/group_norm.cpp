// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// Pixels of one sample, counted through over the bands of its map.
class BandedPixels {
  public:
    explicit BandedPixels(std::span<const Tensor> bands)
        : bands_(bands), samples_(bands[0].shape()[0]), channels_(bands[0].shape()[-1]) {
        for (const Tensor& band : bands)
            count_ += pixels_of(band);
    }

    [[nodiscard]] std::int64_t samples() const { return samples_; }
    [[nodiscard]] std::int64_t channels() const { return channels_; }
    [[nodiscard]] std::int64_t count() const { return count_; }
    /// Of one sample.
    [[nodiscard]] std::int64_t pixels_of(const Tensor& band) const {
        return band.numel() / (samples_ * channels_);
    }
    [[nodiscard]] std::size_t bytes_of(std::int64_t pixels) const {
        return static_cast<std::size_t>(pixels * channels_) * size_of(bands_[0].dtype());
    }

    struct Stretch {
        const std::byte* data = nullptr;
        std::int64_t pixels = 0;
    };
    /// From a pixel to the end of its band.
    [[nodiscard]] Stretch from(std::int64_t sample, std::int64_t pixel) const {
        for (const Tensor& band : bands_) {
            const std::int64_t pixels = pixels_of(band);
            if (pixel < pixels) {
                return {band.data() + bytes_of(sample * pixels + pixel), pixels - pixel};
            }
            pixel -= pixels;
        }
        DARKROOM_CHECK(false, "a pixel behind the last of {}", count_);
        return {};
    }

    /// Copies pixels that several bands hold.
    void gather(std::int64_t sample, std::int64_t pixel, std::int64_t pixels, std::byte* to) const {
        while (pixels > 0) {
            const Stretch stretch = from(sample, pixel);
            const std::int64_t taken = std::min(pixels, stretch.pixels);
            std::memcpy(to, stretch.data, bytes_of(taken));
            to += bytes_of(taken);
            pixel += taken;
            pixels -= taken;
        }
    }

  private:
    std::span<const Tensor> bands_;
    std::int64_t samples_;
    std::int64_t channels_;
    std::int64_t count_ = 0;
};

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

/// Sums `pixels` pixels from `begin` on, in the same steps however they lie in bands. `scratch`
/// takes those of a step that several bands hold.
void sum_pixels(
    const cpu::ElementKernels& kernels,
    const BandedPixels& map,
    cpu::ChannelSumsJob job,
    std::int64_t sample,
    std::int64_t begin,
    std::byte* scratch) {
    std::int64_t left = job.pixels;
    job.pivot = map.from(sample, 0).data;
    job.channels = map.channels();
    while (left > 0) {
        const BandedPixels::Stretch stretch = map.from(sample, begin);
        job.x = stretch.data;
        job.pixels = left;
        if (stretch.pixels < left) job.pixels = stretch.pixels / cpu::kSumRun * cpu::kSumRun;
        if (job.pixels == 0) {
            job.pixels = std::min(left, cpu::kSumRun);
            map.gather(sample, begin, job.pixels, scratch);
            job.x = scratch;
        }
        kernels.channel_sums(job);
        job.first = false;
        begin += job.pixels;
        left -= job.pixels;
    }
}

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

Tensor CpuBackend::group_scales(
    std::span<const Tensor> bands,
    const Tensor& gamma,
    const Tensor& beta,
    const GroupNormOptions& options) {
    DARKROOM_CHECK(
        !bands.empty() && bands[0].shape().rank() >= 2 && bands[0].numel() > 0 &&
            options.groups > 0 && bands[0].shape()[-1] % options.groups == 0,
        "group_norm in {} groups",
        options.groups);
    const BandedPixels map(bands);
    const std::int64_t samples = map.samples();
    const std::int64_t channels = map.channels();
    const GroupNormPlan plan{
        .pixels = map.count(),
        .channels = channels,
        .group_size = channels / options.groups,
        .gamma = cpu::floats_of(gamma, channels),
        .beta = cpu::floats_of(beta, channels),
        .epsilon = static_cast<double>(options.epsilon)};
    const DType dtype = bands[0].dtype();
    const cpu::ElementKernels& kernels = state_->kernels_of(dtype);
    const PixelRuns runs(map.count());
    // Pairs of sums and squares, as f64 in f32 tensors.
    const Tensor sum_memory = empty({samples, runs.count, 2, channels * 2}, DType::f32);
    auto* const sums = static_cast<double*>(static_cast<void*>(sum_memory.data()));
    const Tensor scratch = empty({state_->workers.threads(), cpu::kSumRun, channels}, dtype);
    const Tensor pivots = empty({samples, channels}, DType::f32);
    Tensor scales = empty({samples, 3, channels}, DType::f32);

    state_->workers.run(samples * runs.count, [&](std::int64_t piece, int thread) {
        const std::int64_t begin = piece % runs.count * runs.length;
        double* out = sums + piece * 2 * channels;
        const cpu::ChannelSumsJob job{
            .pixels = std::min(runs.length, runs.pixels - begin),
            .sums = out,
            .squares = out + channels};
        std::byte* own = scratch.data() + map.bytes_of(thread * cpu::kSumRun);
        sum_pixels(kernels, map, job, piece / runs.count, begin, own);
    });
    state_->workers.run(samples, [&](std::int64_t sample, int) {
        double* total = sums + sample * runs.count * 2 * channels;
        for (std::int64_t run = 1; run < runs.count; ++run) {
            const double* part = total + run * 2 * channels;
            for (std::int64_t c = 0; c < 2 * channels; ++c)
                total[c] += part[c];
        }
        float* pivot = pivots.values<float>().data() + sample * channels;
        float* solved = scales.values<float>().data() + sample * 3 * channels;
        kernels.to_f32(map.from(sample, 0).data, pivot, channels);
        solve_groups(plan, total, total + channels, pivot, ChannelScales(solved, channels));
    });
    return scales;
}

Tensor CpuBackend::normalise(
    std::span<const Tensor> bands, const Tensor& scales, Activation activation) {
    DARKROOM_CHECK(
        !bands.empty() && bands[0].shape().rank() >= 2 && bands[0].numel() > 0,
        "nothing to normalise");
    const BandedPixels map(bands);
    const std::int64_t samples = map.samples();
    const std::int64_t channels = map.channels();
    Shape shape = bands[0].shape();
    if (bands.size() > 1) shape = shape.with(1, map.count() / shape[2]);
    Tensor y = empty(shape, state_->dtype);
    float* const solved = scales.values<float>().data();
    const auto scale_shift = state_->kernels_of(state_->dtype).scale_shift;
    const std::int64_t grain = std::max<std::int64_t>(1, cpu::kGrain / channels);
    const std::int64_t pieces = cpu::ceil_divide(map.count(), grain);
    // One round for all bands: the threads wait for each other after every one.
    state_->workers.run(samples * pieces, [&](std::int64_t piece, int) {
        const std::int64_t sample = piece / pieces;
        const std::int64_t begin = piece % pieces * grain;
        const std::int64_t end = std::min(map.count(), begin + grain);
        const ChannelScales own(solved + sample * 3 * channels, channels);
        for (std::int64_t pixel = begin; pixel < end;) {
            const BandedPixels::Stretch stretch = map.from(sample, pixel);
            const std::int64_t pixels = std::min(end - pixel, stretch.pixels);
            const auto at = static_cast<std::size_t>((sample * map.count() + pixel) * channels);
            scale_shift(
                {.x = stretch.data,
                 .wide = bands[0].dtype() == DType::f32,
                 .y = y.data() + at * size_of(y.dtype()),
                 .pixels = pixels,
                 .channels = channels,
                 .centre = own.centre,
                 .scale = own.scale,
                 .shift = own.shift,
                 .curve = cpu::curve_of(activation)});
            pixel += pixels;
        }
    });
    return y;
}

}  // namespace darkroom::engine
