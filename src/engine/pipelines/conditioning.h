// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/models/unet/unet.h"
#include "engine/pipelines/model.h"
#include "engine/text/chunks.h"

namespace darkroom::engine {

struct ConditioningOptions {
    /// 1 is the last hidden state; beyond the encoder's depth its first layer is used.
    std::int64_t clip_skip = 1;
    EmphasisMode emphasis = EmphasisMode::original;
};

/// A prompt's text states, f32 [1, 77 * chunks, width]: each chunk of 77 encoded on its own, token
/// states multiplied by their emphasis and, in mode `original`, each chunk rescaled to the mean it
/// had before (A1111's sd_hijack_clip.py). Fails with invalid_argument for too long a prompt or a
/// weight that is no number.
Result<Tensor> encode_prompt(
    const Model& model, const std::string& prompt, const ConditioningOptions& options);

/// The text states as the UNet's cross-attentions use them.
std::shared_ptr<const UnetContext> prepare_context(const Model& model, const Tensor& states);

}  // namespace darkroom::engine
