// SPDX-License-Identifier: Apache-2.0
#include "domain/extras.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"

namespace darkroom::domain {
namespace {

/// More than any side may have, and still a safe integer.
constexpr double kLongestSide = 1e9;

std::int64_t floored_side(std::int64_t side, double factor) {
    const double eighths = std::floor(static_cast<double>(side) * factor / 8.0);
    return 8 * static_cast<std::int64_t>(std::clamp(eighths, 0.0, kLongestSide));
}

}  // namespace

double upscale_factor(const Extras& extras, PictureSize size) {
    if (!extras.to_size) return extras.factor;
    return std::max(
        static_cast<double>(extras.width) / static_cast<double>(size.width),
        static_cast<double>(extras.height) / static_cast<double>(size.height));
}

PictureSize upscaled_size(const Extras& extras, PictureSize size) {
    const double factor = upscale_factor(extras, size);
    return {floored_side(size.width, factor), floored_side(size.height, factor)};
}

Result<void> check_upscaled_sizes(const Extras& extras, const std::vector<PictureSize>& sizes) {
    if (extras.upscaler == kNoUpscaler) return {};
    const char* field = extras.to_size ? "upscaling_resize_w" : "upscaling_resize";
    std::int64_t total = 0;
    for (const PictureSize& size : sizes) {
        const PictureSize result = upscaled_size(extras, size);
        if (result.width == 0 || result.height == 0) {
            return Error{
                ErrorCode::invalid_argument,
                format("a picture of {}x{} would be less than 8 pixels", size.width, size.height),
                field};
        }
        const bool fits = result.width <= kMaxUpscaledPixels / result.height;
        total += fits ? result.width * result.height : 0;
        if (!fits || total > kMaxUpscaledPixelsOfTask) {
            return Error{
                ErrorCode::invalid_argument,
                format(
                    "the results would have too many pixels: {}x{}", result.width, result.height),
                field};
        }
    }
    return {};
}

}  // namespace darkroom::domain
