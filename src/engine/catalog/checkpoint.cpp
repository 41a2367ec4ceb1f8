// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/checkpoint.h"

#include "base/format.h"
#include "engine/models/unet/unet.h"

namespace darkroom::engine {
namespace {

/// Old SD1 files lack the text_model level of Hugging Face's names.
std::string canonical(const std::string& key) {
    const std::string_view prefix = kClipPrefix;
    if (!key.starts_with(prefix)) return key;
    const std::string_view rest = std::string_view(key).substr(prefix.size());
    for (const std::string_view part : {"embeddings.", "encoder.", "final_layer_norm."}) {
        if (rest.starts_with(part)) return format("{}text_model.{}", prefix, rest);
    }
    return key;
}

}  // namespace

Result<Checkpoint> Checkpoint::open(const std::filesystem::path& path) {
    Checkpoint checkpoint;
    DARKROOM_TRY_ASSIGN(checkpoint.file_, CheckpointFile::open(path));
    for (const auto& [name, tensor] : checkpoint.file_.table().tensors) {
        const std::string key = canonical(name);
        checkpoint.tensors_.emplace(key, &tensor);
        checkpoint.keys_.add(key, tensor.shape);
    }
    checkpoint.family_ = &traits_of(detect_family(checkpoint.keys_));
    return checkpoint;
}

const StoredTensor* Checkpoint::find(const std::string& key) const {
    const auto found = tensors_.find(key);
    return found == tensors_.end() ? nullptr : found->second;
}

Result<CheckpointConfig> Checkpoint::infer() const {
    const std::string path = file_.path().string();
    if (family_->family == Family::unknown) {
        return Error{ErrorCode::corrupt_input, format("{} is {}", path, family_->title)};
    }
    if (!family_->runs) {
        return Error{
            ErrorCode::unimplemented,
            format("{} is a {} checkpoint, which is not yet supported", path, family_->title)};
    }
    const auto located = [&](const Error& error) { return error.with_context(path); };
    const auto heads = unet_heads(*family_, file_.table().metadata);
    if (!heads) return located(heads.error());
    auto unet = infer_unet(keys_, kUnetPrefix, *heads);
    if (!unet) return located(unet.error());
    auto vae = infer_vae(keys_, kVaePrefix);
    if (!vae) return located(vae.error());
    const auto text = infer_clip_text(keys_, kClipPrefix);
    if (!text) return located(text.error());

    if (unet->context_width != text->width || unet->in_channels != vae->latent_channels ||
        unet->out_channels != vae->latent_channels || vae->image_channels != 3) {
        return Error{
            ErrorCode::corrupt_input,
            format("{}: its text encoder, UNet and VAE do not fit together", path)};
    }
    return CheckpointConfig{*std::move(unet), *std::move(vae), *text};
}

std::vector<KeyRecorder::Parameter> expected_parameters(const CheckpointConfig& config) {
    KeyRecorder recorder;
    const ClipText text(recorder, kClipPrefix, config.text);
    const Unet unet(recorder, kUnetPrefix, config.unet);
    const VaeEncoder encoder(recorder, kVaePrefix, config.vae);
    const VaeDecoder decoder(recorder, kVaePrefix, config.vae);
    return recorder.parameters();
}

}  // namespace darkroom::engine
