// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/models/unet/config.h"
#include "engine/weights/key_shapes.h"

namespace darkroom::engine {

/// Architectures that single-file checkpoints come in.
enum class Family {
    sd1,
    sd1_inpaint,
    instruct_pix2pix,
    alt_diffusion,
    sd2,
    sd2_inpaint,
    sd2_depth,
    sd2_unclip,
    sd_turbo,
    sdxl,
    sdxl_inpaint,
    sdxl_refiner,
    sd3,
    unknown,
};

/// What a family's keys and shapes cannot say.
struct FamilyTraits {
    Family family = Family::unknown;
    /// Wire spelling, "sd1".
    std::string_view name;
    /// For people, "Stable Diffusion 1.x".
    std::string_view title;
    AttentionHeads heads;
    /// Latents are multiplied by this after encoding.
    float scale_factor = 0;
    std::int64_t native_size = 0;
    /// False while this engine has not all its networks.
    bool runs = false;
};

const FamilyTraits& traits_of(Family family);

/// Classifies a checkpoint by its keys, in A1111's order (networks.md 1.9).
Family detect_family(const KeyShapes& keys);

/// The family's heads, or those that the file's metadata names ("darkroom.heads", a count for every
/// level). Fails with corrupt_input for metadata that is not a number from 1 to 64.
Result<AttentionHeads> unet_heads(
    const FamilyTraits& traits, const std::map<std::string, std::string, std::less<>>& metadata);

/// Pixels along one side that the checkpoint was trained on: its metadata ("modelspec.resolution"
/// or "resolution", "WxH") or the family's.
std::int64_t native_size(
    const FamilyTraits& traits, const std::map<std::string, std::string, std::less<>>& metadata);

}  // namespace darkroom::engine
