// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/weights/key_shapes.h"

namespace darkroom::engine {

/// What shapes cannot say about attention: either a fixed number of heads or a fixed head width.
struct AttentionHeads {
    std::int64_t count = 0;
    std::int64_t width = 0;

    /// Heads of a layer with that many channels.
    [[nodiscard]] std::int64_t of(std::int64_t channels) const {
        return count > 0 ? count : channels / width;
    }
};

/// Architecture of an LDM UNet (openaimodel.UNetModel), block by block as its keys number them.
struct UnetConfig {
    struct InputBlock {
        /// The first block is a convolution, and no other.
        enum class Kind { convolution, residual, downsample };
        Kind kind = Kind::residual;
        std::int64_t channels = 0;
        /// Transformer blocks behind the residual block; 0 is no attention.
        std::int64_t depth = 0;
    };
    struct OutputBlock {
        std::int64_t channels = 0;
        std::int64_t depth = 0;
        bool upsample = false;
    };

    std::int64_t in_channels = 4;
    std::int64_t out_channels = 4;
    std::int64_t model_channels = 0;
    std::int64_t context_width = 0;
    /// Width of the vector input (SDXL's adm); 0 is none.
    std::int64_t vector_width = 0;
    AttentionHeads heads;
    /// proj_in and proj_out are linears (SD2, SDXL), not 1x1 convolutions (SD1).
    bool linear_projection = false;
    std::int64_t middle_depth = 0;
    std::vector<InputBlock> input_blocks;
    std::vector<OutputBlock> output_blocks;

    /// Number of 2x reductions: latent sizes need not be multiples of 2^levels.
    [[nodiscard]] std::int64_t downsamples() const;
};

/// Infers the architecture from the keys under `prefix` ("model.diffusion_model."); `heads` comes
/// from the family. Fails with corrupt_input, naming the key that does not fit.
Result<UnetConfig> infer_unet(
    const KeyShapes& keys, const std::string& prefix, const AttentionHeads& heads);

}  // namespace darkroom::engine
