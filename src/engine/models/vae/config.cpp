// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/format.h"
#include "engine/models/vae/vae.h"

namespace darkroom::engine {
namespace {

constexpr std::int64_t kMaxLevels = 8;
constexpr std::int64_t kMaxBlocks = 16;
constexpr std::int64_t kGroups = 32;

Error misfit(const std::string& what) {
    return Error{ErrorCode::corrupt_input, "VAE: " + what};
}

}  // namespace

Result<VaeConfig> infer_vae(const KeyShapes& keys, const std::string& prefix) {
    VaeConfig config;
    DARKROOM_TRY_ASSIGN(
        config.latent_channels, keys.extent(prefix + "post_quant_conv.weight", 4, 0));
    DARKROOM_TRY_ASSIGN(
        config.image_channels, keys.extent(prefix + "decoder.conv_out.weight", 4, 0));
    const std::int64_t levels = keys.count(prefix + "decoder.up.", ".block.0.conv1.weight");
    if (levels < 1 || levels > kMaxLevels) return misfit(format("it has {} levels", levels));
    for (std::int64_t level = 0; level < levels; ++level) {
        const std::string key = format("{}decoder.up.{}.block.0.conv1.weight", prefix, level);
        DARKROOM_TRY_ASSIGN(const std::int64_t channels, keys.extent(key, 4, 0));
        if (channels % kGroups != 0) {
            return misfit(format("{} channels are not a multiple of {}", channels, kGroups));
        }
        config.level_channels.push_back(channels);
    }
    const std::int64_t blocks = keys.count(prefix + "decoder.up.0.block.", ".conv1.weight");
    config.residual_blocks = blocks - 1;
    if (blocks < 2 || blocks > kMaxBlocks) {
        return misfit(format("its decoder has {} blocks a level", blocks));
    }
    return config;
}

}  // namespace darkroom::engine
