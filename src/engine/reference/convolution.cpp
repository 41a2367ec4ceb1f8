// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "base/check.h"
#include "engine/reference/backend.h"
#include "engine/reference/matrix.h"

namespace darkroom::engine {
namespace {

/// OIHW to [out, kernel, kernel, in], the order in which a patch of an NHWC map is read.
std::vector<float> channels_last(const float* oihw, const Conv2dSpec& spec) {
    const std::int64_t taps = spec.kernel * spec.kernel;
    std::vector<float> reordered(
        static_cast<std::size_t>(spec.out_channels * taps * spec.in_channels));
    for (std::int64_t out = 0; out < spec.out_channels; ++out) {
        for (std::int64_t in = 0; in < spec.in_channels; ++in) {
            for (std::int64_t tap = 0; tap < taps; ++tap) {
                const std::int64_t to = (out * taps + tap) * spec.in_channels + in;
                reordered[static_cast<std::size_t>(to)] =
                    oihw[(out * spec.in_channels + in) * taps + tap];
            }
        }
    }
    return reordered;
}

/// Reads what a convolution sees from each of its output positions.
class PatchReader {
  public:
    PatchReader(const Tensor& x, const Conv2dSpec& spec, const RowPadding& padding)
        : values_(x.values<const float>().data()),
          spec_(spec),
          above_(padding.above),
          height_(x.shape()[1]),
          width_(x.shape()[2]),
          out_height_(extent(padding.above + height_ + padding.below)),
          out_width_(extent(spec.pad_before + width_ + spec.pad_after)),
          first_tap_(spec.upsampled ? 1 : 0) {}

    [[nodiscard]] std::int64_t out_height() const { return out_height_; }
    [[nodiscard]] std::int64_t out_width() const { return out_width_; }

    /// Writes [kernel, kernel, in] for the position numbered over [n, out_height, out_width].
    void read(std::int64_t position, float* patch) const {
        // In pixels of the map that is convolved, which is the picture or twice its size.
        const std::int64_t growth = spec_.growth();
        const std::int64_t left =
            position % out_width_ * spec_.stride - growth * spec_.pad_before + first_tap_;
        const std::int64_t row = position / out_width_;
        const std::int64_t top = row % out_height_ * spec_.stride - growth * above_ + first_tap_;
        const std::int64_t sample = row / out_height_;
        const std::int64_t channels = spec_.in_channels;
        for (std::int64_t y = top; y < top + spec_.kernel; ++y) {
            for (std::int64_t x = left; x < left + spec_.kernel; ++x, patch += channels) {
                if (y < 0 || y >= growth * height_ || x < 0 || x >= growth * width_) {
                    std::fill_n(patch, channels, 0.0f);
                } else {
                    const std::int64_t pixel =
                        (sample * height_ + y / growth) * width_ + x / growth;
                    std::copy_n(values_ + pixel * channels, channels, patch);
                }
            }
        }
    }

  private:
    [[nodiscard]] std::int64_t extent(std::int64_t padded_size) const {
        const std::int64_t room = padded_size - spec_.kernel;
        DARKROOM_CHECK(room >= 0, "a kernel of {} over {} pixels", spec_.kernel, padded_size);
        return (room / spec_.stride + 1) * spec_.growth();
    }

    const float* values_;
    Conv2dSpec spec_;
    std::int64_t above_;
    std::int64_t height_;
    std::int64_t width_;
    std::int64_t out_height_;
    std::int64_t out_width_;
    /// Where the first result's kernel begins in the padded map. Over doubled pixels it
    /// leaves the outermost out.
    std::int64_t first_tap_;
};

}  // namespace

Tensor ReferenceBackend::conv2d_band(
    const Tensor& x,
    const PackedWeights& weights,
    const Epilogue& epilogue,
    const RowPadding& padding) {
    const auto& spec = std::get<Conv2dSpec>(weights.spec);
    DARKROOM_CHECK(x.shape()[3] == spec.in_channels, "conv2d over {}", to_string(x.shape()));
    const PatchReader patches(x, spec, padding);
    Tensor y = empty(
        Shape{x.shape()[0], patches.out_height(), patches.out_width(), spec.out_channels},
        DType::f32);
    const std::vector<float> matrix = channels_last(weight_values(weights), spec);
    const std::int64_t depth = spec.kernel * spec.kernel * spec.in_channels;
    const std::int64_t positions = x.shape()[0] * patches.out_height() * patches.out_width();
    float* to = y.values<float>().data();
#pragma omp parallel for
    for (std::int64_t begin = 0; begin < positions; begin += kTileRows) {
        const std::int64_t rows = std::min(kTileRows, positions - begin);
        std::vector<float> tile(static_cast<std::size_t>(rows * depth));
        for (std::int64_t row = 0; row < rows; ++row) {
            patches.read(begin + row, tile.data() + row * depth);
        }
        multiply_transposed(
            tile.data(),
            matrix.data(),
            to + begin * spec.out_channels,
            {.rows = rows, .depth = depth, .columns = spec.out_channels});
    }
    apply_epilogue(y, epilogue);
    return y;
}

}  // namespace darkroom::engine
