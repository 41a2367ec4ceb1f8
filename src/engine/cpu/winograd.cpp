// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// Transformed tiles that are made before they are multiplied: they have to stay in the last-level
/// cache, and be enough for all threads.
constexpr std::int64_t kTransformedBytes = std::int64_t{6} * 1024 * 1024;
/// Pieces of transforming.
constexpr std::int64_t kGrainTiles = 8;
/// What keeps the planes out of one another's way in caches, which are indexed by low bits.
constexpr std::int64_t kPlaneGapBytes = 64;

}  // namespace

bool cpu::takes_winograd(const Conv2dSpec& spec) {
    const bool is_defined = spec.kernel == 3 && spec.stride == 1 && !spec.upsampled &&
                            spec.in_channels % kWholeVectors == 0;
    // Transforming costs a channel as much as some hundred products. Layers with more results stand
    // where maps are small, and would grow to half a GiB more.
    constexpr std::int64_t kFewest = 256;
    constexpr std::int64_t kMost = 640;
    const bool pays =
        spec.in_channels >= kFewest && spec.out_channels >= kFewest && spec.out_channels <= kMost;
    return spec.quantisable && is_defined && pays;
}

Tensor CpuBackend::State::run_winograd(
    const Tensor& x,
    cpu::PanelInput window,
    const PackedWeights& weights,
    const Epilogue& epilogue,
    const Tensor& result) {
    const cpu::ElementKernels& kernels = kernels_of(dtype);
    const std::int64_t channels = x.shape()[-1];
    const auto element = static_cast<std::int64_t>(size_of(dtype));
    cpu::WinogradTiles tiles{
        .across = cpu::ceil_divide(window.out_width, 2),
        .down = cpu::ceil_divide(window.out_height, 2)};
    const std::int64_t all = result.shape()[0] * tiles.down * tiles.across;
    const std::int64_t together = std::min(
        all,
        std::max(cpu::kMaxTiles, kTransformedBytes / (cpu::kTransformed * channels * element)));
    if (all == 0) return result;
    tiles.plane = together * channels + kPlaneGapBytes / element;
    const Tensor transformed = x.backend().empty({cpu::kTransformed, tiles.plane}, dtype);
    window.channels = channels;

    cpu::PanelJob job = job_of(weights, epilogue, result);
    job.input = window;
    job.input.data = transformed.data();
    window.data = x.data();
    const std::int64_t blocks = weight_layout(weights.spec).blocks();
    for (tiles.first = 0; tiles.first < all; tiles.first += together) {
        const std::int64_t count = std::min(together, all - tiles.first);
        workers.run_ranges(count, kGrainTiles, [&](std::int64_t begin, std::int64_t end) {
            kernels.transform(
                {.input = window,
                 .tiles = tiles,
                 .transformed = transformed.data(),
                 .begin = tiles.first + begin,
                 .end = tiles.first + end});
        });
        job.tiles = tiles;
        const std::int64_t share = share_of_rows(count, blocks, cpu::kMaxTiles);
        const std::int64_t shares = cpu::ceil_divide(count, share);
        workers.run(blocks * shares, [&](std::int64_t piece, int) {
            cpu::PanelJob part = job;
            part.block = piece / shares;
            part.row_begin = tiles.first + piece % shares * share;
            part.row_end = tiles.first + std::min(count, (piece % shares + 1) * share);
            kernels.winograd(part);
        });
    }
    return result;
}

}  // namespace darkroom::engine
