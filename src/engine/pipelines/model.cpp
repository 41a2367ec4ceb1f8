// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/model.h"

#include "engine/weights/packed_source.h"

namespace darkroom::engine {

Result<std::shared_ptr<const Model>> Model::load(
    Backend& backend, std::shared_ptr<const ClipTokenizer> tokenizer, const ModelOptions& options) {
    DARKROOM_TRY_ASSIGN(const Checkpoint checkpoint, Checkpoint::open(options.path));
    DARKROOM_TRY_ASSIGN(CheckpointConfig config, checkpoint.infer());
    std::string identity = checkpoint.file().identity().text();
    const bool is_that_file = options.sha256_of.empty() || options.sha256_of == identity;
    std::string sha256 = is_that_file ? options.sha256 : std::string();
    if (sha256.empty()) sha256 = checkpoint.file().sha256();

    PackingOptions packing{.cache_folder = options.cache_folder, .on_progress = {}};
    if (options.on_progress) {
        packing.on_progress = [&options](std::size_t done, std::size_t total) {
            options.on_progress(static_cast<double>(done) / static_cast<double>(total));
        };
    }
    const auto lookup = [&checkpoint](const std::string& key) { return checkpoint.find(key); };
    DARKROOM_TRY_ASSIGN(
        auto store,
        packed_weights(
            backend,
            {.checkpoint = checkpoint.file(), .lookup = lookup, .sha256 = sha256},
            expected_parameters(config),
            packing));

    std::shared_ptr<Model> model(new Model(backend, std::move(config), checkpoint.family()));
    model->sha256_ = std::move(sha256);
    model->identity_ = std::move(identity);
    model->tokenizer_ = std::move(tokenizer);
    PackedWeightSource source(backend, std::move(store));
    model->text_.emplace(source, kClipPrefix, model->config_.text);
    model->unet_.emplace(source, kUnetPrefix, model->config_.unet);
    model->encoder_.emplace(source, kVaePrefix, model->config_.vae);
    model->decoder_.emplace(source, kVaePrefix, model->config_.vae);
    return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace darkroom::engine
