// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom::domain {

/// Upscalers that exist. "None" leaves pictures as they are.
inline constexpr std::array<std::string_view, 3> kUpscalers = {"None", "Lanczos", "Nearest"};
inline constexpr const char* kNoUpscaler = "None";

/// Pictures to be enlarged or shrunk without a checkpoint, with every choice made.
struct Extras {
    /// Object keys.
    std::vector<std::string> images;
    /// Words of kUpscalers.
    std::string upscaler = kNoUpscaler;
    std::string second_upscaler = kNoUpscaler;
    /// Share of the second one in the result; 0 leaves it out.
    double second_visibility = 0.0;
    /// True: so large that the picture covers width x height; false: by the factor.
    bool to_size = false;
    double factor = 2.0;
    std::int64_t width = 512;
    std::int64_t height = 512;
    /// With to_size: cut to that size, around the middle.
    bool crop = true;
    /// What was done, in A1111's words; written beside the pixels.
    std::string description;
};

struct PictureSize {
    std::int64_t width = 0;
    std::int64_t height = 0;

    bool operator==(const PictureSize&) const = default;
};

/// By how much a picture of that size is enlarged.
double upscale_factor(const Extras& extras, PictureSize size);

/// A picture's size after the upscaler: floored to multiples of 8 as A1111 does; 0 for a side that
/// would be less.
PictureSize upscaled_size(const Extras& extras, PictureSize size);

/// Pixels of one result, and of all results of a request.
inline constexpr std::int64_t kMaxUpscaledPixels = std::int64_t{64} * 1024 * 1024;
inline constexpr std::int64_t kMaxUpscaledPixelsOfTask = std::int64_t{128} * 1024 * 1024;

/// Fails with invalid_argument, naming the request field, when a result would be empty or have too
/// many pixels.
Result<void> check_upscaled_sizes(const Extras& extras, const std::vector<PictureSize>& sizes);

}  // namespace darkroom::domain
