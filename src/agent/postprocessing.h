// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "domain/extras.h"

namespace darkroom::agent {

/// One picture enlarged: a PNG with the texts of the input (an EXIF comment as "parameters") but
/// its receipt, which is no longer true, and the description as "postprocessing".
/// Fails with corrupt_input or payload_too_large for what is no picture, and invalid_argument for
/// a result that may not be.
Result<std::vector<std::byte>> postprocess(
    std::span<const std::byte> file, const domain::Extras& extras);

}  // namespace darkroom::agent
