// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/catalog/checkpoint.h"
#include "engine/diffusion/discretisation.h"
#include "engine/diffusion/prediction.h"
#include "engine/models/clip/clip_text.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae/vae.h"
#include "engine/tensor/backend.h"
#include "engine/text/tokenizer.h"

namespace darkroom::engine {

struct ModelOptions {
    std::filesystem::path path;
    /// Folder of packed weights, so that the next load is a map; absent packs into memory.
    std::optional<std::filesystem::path> cache_folder = std::nullopt;
    /// SHA-256 of the file when it is known already; computed otherwise.
    std::string sha256 = {};
    /// FileIdentity::text() of the file that `sha256` was computed of: if another one took its
    /// place since, `sha256` is not used. Empty trusts it.
    std::string sha256_of = {};
    /// Share of the weights that is packed, 0 to 1.
    std::function<void(double)> on_progress = {};
};

/// A loaded checkpoint: immutable, shared by every request that uses it. Its backend outlives it.
class Model {
  public:
    /// Fails as Checkpoint::open and packed_weights do, naming the file.
    static Result<std::shared_ptr<const Model>> load(
        Backend& backend,
        std::shared_ptr<const ClipTokenizer> tokenizer,
        const ModelOptions& options);

    [[nodiscard]] Backend& backend() const { return backend_; }
    [[nodiscard]] const std::string& sha256() const { return sha256_; }
    /// FileIdentity::text() of the file that was loaded.
    [[nodiscard]] const std::string& identity() const { return identity_; }
    [[nodiscard]] const CheckpointConfig& config() const { return config_; }
    [[nodiscard]] const FamilyTraits& family() const { return family_; }
    [[nodiscard]] const Discretisation& discretisation() const { return discretisation_; }
    [[nodiscard]] Prediction prediction() const { return Prediction::eps; }

    [[nodiscard]] const ClipTokenizer& tokenizer() const { return *tokenizer_; }
    [[nodiscard]] const ClipText& text() const { return *text_; }
    [[nodiscard]] const Unet& unet() const { return *unet_; }
    [[nodiscard]] const VaeEncoder& vae_encoder() const { return *encoder_; }
    [[nodiscard]] const VaeDecoder& vae_decoder() const { return *decoder_; }

  private:
    Model(Backend& backend, CheckpointConfig config, const FamilyTraits& family)
        : backend_(backend), config_(std::move(config)), family_(family) {}

    Backend& backend_;
    CheckpointConfig config_;
    const FamilyTraits& family_;
    std::string sha256_;
    std::string identity_;
    std::shared_ptr<const ClipTokenizer> tokenizer_;
    Discretisation discretisation_ = Discretisation::scaled_linear();
    std::optional<ClipText> text_;
    std::optional<Unet> unet_;
    std::optional<VaeEncoder> encoder_;
    std::optional<VaeDecoder> decoder_;
};

}  // namespace darkroom::engine
