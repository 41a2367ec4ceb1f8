// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/state.h"

// What an upsampling convolution multiplies with.

namespace darkroom::engine::cpu {
namespace {

constexpr std::int64_t kKernel = 3;
constexpr std::int64_t kFoldedKernel = 2;

/// Taps of the kernel along one side.
struct TapRange {
    std::int64_t begin;
    std::int64_t end;
};

/// The taps that see the first or the second pixel: of an even result 0 and 1, 2, of an odd one
/// 0, 1 and 2.
TapRange taps_over(std::int64_t pixel, bool odd) {
    const std::int64_t first = odd ? 2 : 1;
    return pixel == 0 ? TapRange{0, first} : TapRange{first, kKernel};
}

}  // namespace

const float* PhaseWeights::taps(std::int64_t column, std::int64_t channel) {
    const float* taps = weights_ + (column * shape_.channels + channel) * shape_.file_taps();
    if (shape_.phases == 1) return taps;
    const bool odd_y = phase_ / 2 == 1;
    const bool odd_x = phase_ % 2 == 1;
    for (std::int64_t tap = 0; tap < shape_.taps; ++tap) {
        const TapRange rows = taps_over(tap / kFoldedKernel, odd_y);
        const TapRange columns = taps_over(tap % kFoldedKernel, odd_x);
        float sum = 0.0f;
        for (std::int64_t y = rows.begin; y < rows.end; ++y) {
            for (std::int64_t x = columns.begin; x < columns.end; ++x)
                sum += taps[y * kKernel + x];
        }
        folded_[tap] = sum;
    }
    return folded_;
}

}  // namespace darkroom::engine::cpu
