// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "command.h"
#include "domain/generation.h"
#include "generate.h"

namespace darkroom::app {

/// What image to image starts from: the files that --init and --mask name, and what goes with them.
struct StartPictures {
    std::string picture;
    /// Empty without a mask.
    std::string mask;
    double strength = 0.75;
    /// Of the picture, floored to multiples of 8.
    PictureSize size;
};

/// Nothing without --init. Fails, naming the flag, for a file that is no picture, a strength out of
/// range, and flags that mean nothing without --init.
Result<std::optional<StartPictures>> read_start_pictures(const GenerateOptions& options);

/// The same as a part of what is drawn; the pictures have no object keys.
domain::InitImages init_images_of(const StartPictures& start);

}  // namespace darkroom::app
