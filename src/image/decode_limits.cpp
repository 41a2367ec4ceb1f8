// SPDX-License-Identifier: Apache-2.0
#include "image/decode_limits.h"

#include <algorithm>

#include "base/format.h"

namespace darkroom::image {

Result<void> check_size(std::size_t width, std::size_t height, const DecodeLimits& limits) {
    if (width == 0 || height == 0) {
        return Error{ErrorCode::corrupt_input, format("image is empty: {}x{}", width, height)};
    }
    const std::size_t longest = std::max(width, height);
    if (longest > limits.max_side) {
        return Error{
            ErrorCode::payload_too_large,
            format("image has a side longer than {}: {}x{}", limits.max_side, width, height)};
    }
    if (width > limits.max_pixels / height) {
        return Error{
            ErrorCode::payload_too_large,
            format("image has more than {} pixels: {}x{}", limits.max_pixels, width, height)};
    }
    if (longest / std::min(width, height) > limits.max_ratio) {
        return Error{
            ErrorCode::payload_too_large,
            format(
                "image is longer than {} times its width or height: {}x{}",
                limits.max_ratio,
                width,
                height)};
    }
    return {};
}

}  // namespace darkroom::image
