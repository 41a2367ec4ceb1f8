// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/task_payload.h"
#include "base/result.h"
#include "domain/generation.h"
#include "engine/pipelines/request.h"
#include "image/image.h"

namespace darkroom::agent {

/// The engine's request for a generation. Fails with invalid_argument for a sampler, schedule,
/// noise source or emphasis mode that the engine does not have.
Result<engine::ImageRequest> image_request(const domain::Generation& generation);

/// Finished pictures as files, and what the task's row says of them.
struct Rendering {
    /// PNG with the A1111 infotext ("parameters") and the receipt ("darkroom") as texts.
    std::vector<std::vector<std::byte>> files;
    /// Its image names are "0.png", "1.png", ...
    api::TaskResult result;
};

Result<Rendering> render(
    const domain::Generation& generation,
    const std::vector<image::Image>& pictures,
    const domain::Receipt& receipt);

}  // namespace darkroom::agent
