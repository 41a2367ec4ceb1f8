// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/state.h"

// What layers multiply with in the place of the file's weights.

namespace darkroom::engine::cpu {
namespace {

constexpr std::int64_t kKernel = 3;

/// Taps of the kernel along one side.
struct TapRange {
    std::int64_t begin;
    std::int64_t end;
};

/// The taps that see the first or the second of two pixels: of an even result {0} and {1, 2}, of an
/// odd one {0, 1} and {2}.
TapRange taps_over(std::int64_t pixel, bool odd) {
    const std::int64_t first = odd ? 2 : 1;
    return pixel == 0 ? TapRange{0, first} : TapRange{first, kKernel};
}

/// The two by two taps of one phase of an upsampling layer.
void fold(const float* taps, std::int64_t phase, float* folded) {
    for (std::int64_t tap = 0; tap < 4; ++tap) {
        const TapRange rows = taps_over(tap / 2, phase / 2 == 1);
        const TapRange columns = taps_over(tap % 2, phase % 2 == 1);
        float sum = 0.0f;
        for (std::int64_t y = rows.begin; y < rows.end; ++y) {
            for (std::int64_t x = columns.begin; x < columns.end; ++x)
                sum += taps[y * kKernel + x];
        }
        folded[tap] = sum;
    }
}

/// G g along one side, whose numbers are `stride` apart.
void transform_side(const float* g, std::int64_t stride, float* to) {
    const float middle = g[stride];
    const float ends = g[0] + g[2 * stride];
    to[0] = g[0];
    to[1] = 0.5f * (ends + middle);
    to[2] = 0.5f * (ends - middle);
    to[3] = g[2 * stride];
}

/// G g G^T, the sixteen weights of Winograd's form.
void transform(const float* taps, float* transformed) {
    float columns[kKernel * 4];
    for (std::int64_t x = 0; x < kKernel; ++x)
        transform_side(taps + x, kKernel, columns + 4 * x);
    for (std::int64_t y = 0; y < 4; ++y)
        transform_side(columns + y, 4, transformed + 4 * y);
}

}  // namespace

const float* TapWeights::at(std::int64_t column, std::int64_t channel) {
    const float* taps = weights_ + (column * shape_.channels + channel) * shape_.file_taps();
    switch (shape_.form) {
        case LayerForm::direct:
            return taps;
        case LayerForm::upsampled:
            fold(taps, phase_, made_);
            return made_;
        case LayerForm::winograd:
            transform(taps, made_);
            return made_;
    }
    return nullptr;
}

}  // namespace darkroom::engine::cpu
