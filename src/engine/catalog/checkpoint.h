// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/catalog/family.h"
#include "engine/models/clip/clip_text.h"
#include "engine/models/unet/config.h"
#include "engine/models/vae/vae.h"
#include "engine/weights/safetensors.h"
#include "engine/weights/weight_source.h"

namespace darkroom::engine {

/// Key prefixes of the networks in a single-file SD1 checkpoint.
inline constexpr const char* kUnetPrefix = "model.diffusion_model.";
inline constexpr const char* kVaePrefix = "first_stage_model.";
inline constexpr const char* kClipPrefix = "cond_stage_model.transformer.";

/// The networks that a checkpoint of a family that runs holds.
struct CheckpointConfig {
    UnetConfig unet;
    VaeConfig vae;
    ClipTextConfig text;
};

/// A checkpoint file with its keys under their canonical names.
class Checkpoint {
  public:
    /// Opens the file and classifies it; says nothing yet about missing keys. Fails as
    /// CheckpointFile::open does.
    static Result<Checkpoint> open(const std::filesystem::path& path);

    [[nodiscard]] const CheckpointFile& file() const { return file_; }
    [[nodiscard]] const KeyShapes& keys() const { return keys_; }
    [[nodiscard]] const FamilyTraits& family() const { return *family_; }

    /// The stored tensor of a canonical key, or nullptr.
    [[nodiscard]] const StoredTensor* find(const std::string& key) const;

    /// Architecture of its networks. Fails with unimplemented for a family that does not run yet,
    /// corrupt_input for what is no checkpoint or does not fit together.
    [[nodiscard]] Result<CheckpointConfig> infer() const;

  private:
    CheckpointFile file_;
    std::map<std::string, const StoredTensor*, std::less<>> tensors_;
    KeyShapes keys_;
    const FamilyTraits* family_ = nullptr;
};

/// Every parameter of the networks that `config` describes, with its canonical key.
std::vector<KeyRecorder::Parameter> expected_parameters(const CheckpointConfig& config);

}  // namespace darkroom::engine
