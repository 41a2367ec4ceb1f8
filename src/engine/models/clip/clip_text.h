// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/nn/layers.h"
#include "engine/weights/key_shapes.h"

namespace darkroom::engine {

/// Architecture of the text half of CLIP, in Hugging Face's key names.
struct ClipTextConfig {
    std::int64_t width = 0;
    std::int64_t feed_forward = 0;
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t vocabulary = 0;
    std::int64_t positions = 0;
    Activation activation = Activation::quick_gelu;
};

/// Infers the architecture from the keys under `prefix` ("cond_stage_model.transformer.");
/// heads are width / 64. Fails with corrupt_input, naming the key that does not fit.
Result<ClipTextConfig> infer_clip_text(const KeyShapes& keys, const std::string& prefix);

/// transformers.CLIPTextModel: pre-LN transformer with a causal mask.
class ClipText {
  public:
    ClipText(WeightSource& source, const std::string& prefix, ClipTextConfig config);

    [[nodiscard]] const ClipTextConfig& config() const { return config_; }

    /// ids i32 [n, t], t up to config().positions, each in the vocabulary. `clip_skip` 1 is the
    /// last hidden state, k the k-th from the end (at most the number of layers), each followed by
    /// the final layer norm. Returns [n, t, width] in f32.
    [[nodiscard]] Tensor operator()(const Tensor& ids, std::int64_t clip_skip = 1) const;

  private:
    struct Layer {
        LayerNorm norm1, norm2;
        Linear q, k, v, out;
        Linear feed_in, feed_out;
    };

    ClipTextConfig config_;
    Embedding tokens_;
    Embedding positions_;
    std::vector<Layer> layers_;
    LayerNorm final_norm_;
};

}  // namespace darkroom::engine
