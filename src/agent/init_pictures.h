// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "domain/generation.h"
#include "engine/pipelines/request.h"
#include "image/image.h"
#include "image/inpaint/overlay.h"

namespace darkroom::agent {

/// What the engine draws, and what is done to its pictures afterwards.
struct Drawing {
    engine::ImageRequest request;
    /// One for all pictures, or one for each of a batch; empty when nothing is laid over them.
    std::vector<image::Overlay> overlays = {};
};

/// The drawing of a generation. `inputs` are the files of the pictures it starts from, then of its
/// mask: brought to the generation's size, masked, blurred and filled as A1111 does
/// (a1111-api.md 2.4, 2.5). Fails as image_request, as image::decode, and with invalid_argument
/// when the files are not those that the generation speaks of.
Result<Drawing> drawing_of(
    const domain::Generation& generation, const std::vector<std::span<const std::byte>>& inputs);

/// The pictures with their overlays. Fails as image::fit.
Result<std::vector<image::Image>> lay_over(
    const std::vector<image::Overlay>& overlays, std::vector<image::Image> pictures);

}  // namespace darkroom::agent
