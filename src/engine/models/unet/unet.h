// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/models/unet/config.h"
#include "engine/models/unet/transformer.h"
#include "engine/nn/layers.h"

namespace darkroom::engine {

/// A text as the UNet's cross-attentions see it: made once per prompt, used at every step.
struct UnetContext {
    std::vector<ContextKeys> keys;
};

/// One sample of a UNet call.
struct UnetSample {
    float timestep = 0;
    const UnetContext* context = nullptr;
};

/// ldm.modules.diffusionmodules.openaimodel.UNetModel for every family whose widths its keys tell.
class Unet {
  public:
    Unet(WeightSource& source, const std::string& prefix, UnetConfig config);

    [[nodiscard]] const UnetConfig& config() const { return config_; }

    /// tokens [1, n, context_width], f32 or compute dtype, any n.
    [[nodiscard]] UnetContext prepare(const Tensor& tokens) const;

    /// x [n, h, w, in_channels], f32 or compute dtype, already scaled by c_in; one UnetSample per
    /// row, timesteps may be fractional; returns [n, h, w, out_channels] in f32. Any h, w >= 1.
    [[nodiscard]] Tensor operator()(const Tensor& x, std::span<const UnetSample> samples) const;

  private:
    struct ResBlock {
        GroupNorm norm_in;
        Conv2d conv_in;
        Linear embedding;
        GroupNorm norm_out;
        Conv2d conv_out;
        std::optional<Linear> skip;
    };
    struct Block {
        std::optional<Conv2d> downsample;
        std::optional<ResBlock> residual;
        std::optional<SpatialTransformer> transformer;
        std::optional<Conv2d> upsample;
    };
    /// What every block of one call shares.
    struct Call {
        Tensor embedding = {};  // silu(time embedding), [n, 1, 4c]
        std::pmr::vector<const ContextKeys*> keys;
        std::size_t next_keys = 0;
    };
    /// What one block makes something of, for some or all samples of a call.
    struct BlockInput {
        Tensor x;
        Tensor skip;  // beside x; may be absent
        Tensor embedding;
        std::span<const ContextKeys* const> keys;
    };

    void build_inputs(WeightSource& source, const std::string& prefix);
    void build_middle(WeightSource& source, const std::string& prefix);
    void build_outputs(WeightSource& source, const std::string& prefix);
    ResBlock make_res_block(
        WeightSource& source, const std::string& prefix, std::int64_t in, std::int64_t out) const;
    [[nodiscard]] std::vector<const SpatialTransformer*> transformers() const;

    [[nodiscard]] Call begin_call(
        Backend& backend,
        std::span<const UnetSample> samples,
        std::pmr::memory_resource* memory) const;
    [[nodiscard]] static Tensor run(
        const ResBlock& block, const Tensor& x, const Tensor& embedding);
    [[nodiscard]] static Tensor run(const Block& block, BlockInput input);
    /// A block over all samples, as many at a time as go well together.
    [[nodiscard]] static Tensor run_in_groups(
        const Block& block, Tensor x, const Tensor& skip, Call& call);

    UnetConfig config_;
    Linear time_in_, time_out_;
    Conv2d in_conv_;
    std::vector<Block> inputs_;  // after in_conv_
    std::vector<Block> middle_;
    std::vector<Block> outputs_;
    GroupNorm out_norm_;
    Conv2d out_conv_;
};

}  // namespace darkroom::engine
