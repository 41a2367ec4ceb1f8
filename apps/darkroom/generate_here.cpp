// SPDX-License-Identifier: Apache-2.0
#include "agent/init_pictures.h"
#include "agent/rendering.h"
#include "agent/sampling_catalog.h"
#include "api/generation_limits.h"
#include "api/prompt_comments.h"
#include "base/format.h"
#include "base/random.h"
#include "console.h"
#include "domain/sampling.h"
#include "engine/pipelines/session.h"
#include "engine/text/prompt_syntax.h"
#include "engine_setup.h"
#include "generate.h"
#include "start_pictures.h"
#include "version.h"

namespace darkroom::app {
namespace {

constexpr std::int64_t kMultiple = 8;
constexpr std::uint64_t kSeeds = 4294967294;  // A1111's range of random seeds

Result<void> check_prompt(const std::string& prompt, engine::PromptRole role) {
    for (const std::string& construct : engine::unsupported_syntax(prompt, role)) {
        return Error{
            ErrorCode::unimplemented, format("not yet supported in a prompt: {}", construct)};
    }
    return {};
}

Result<domain::Generation> make_generation(
    const GenerateOptions& options,
    const engine::Checkpoint& checkpoint,
    const std::optional<StartPictures>& start) {
    domain::Generation generation;
    generation.prompt = api::strip_comments(options.prompt);
    generation.negative_prompt = api::strip_comments(options.negative_prompt);
    DARKROOM_TRY(check_prompt(generation.prompt, engine::PromptRole::positive));
    DARKROOM_TRY(check_prompt(generation.negative_prompt, engine::PromptRole::negative));
    generation.model = checkpoint.file().path().stem().string();

    const std::int64_t native =
        engine::native_size(checkpoint.family(), checkpoint.file().table().metadata);
    PictureSize size{native, native};
    if (start) {
        generation.init = init_images_of(*start);
        size = start->size;
    }
    if (!options.size.empty()) {
        DARKROOM_TRY_ASSIGN(size, parse_size(options.size));
    }
    generation.width = size.width / kMultiple * kMultiple;
    generation.height = size.height / kMultiple * kMultiple;

    DARKROOM_TRY_ASSIGN(
        const domain::SamplingChoice choice,
        domain::resolve_sampling(agent::sampling_catalog(), options.sampler, options.schedule));
    generation.sampler = choice.sampler;
    generation.schedule = choice.schedule;
    generation.steps = options.steps;
    generation.cfg_scale = options.cfg_scale;
    generation.batch_size = options.batch_size;
    generation.clip_skip = options.clip_skip;
    generation.seed = options.seed ? *options.seed : random_below(kSeeds);
    DARKROOM_TRY(api::check_limits(generation));
    return generation;
}

/// What is drawn, with the pictures that it starts from.
Result<agent::Drawing> make_drawing(
    const domain::Generation& generation, const std::optional<StartPictures>& start) {
    std::vector<std::span<const std::byte>> files;
    if (start) {
        files.push_back(std::as_bytes(std::span(start->picture)));
        if (!start->mask.empty()) files.push_back(std::as_bytes(std::span(start->mask)));
    }
    return agent::drawing_of(generation, files);
}

/// Draws one request to its end, showing progress.
Result<std::vector<image::Image>> draw(
    std::shared_ptr<const engine::Model> model, agent::Drawing drawing) {
    ProgressBar bar;
    engine::Session session;
    constexpr engine::RequestId kId = 1;
    DARKROOM_TRY(session.add(kId, std::move(model), std::move(drawing.request)));
    bar.show("encoding", 0, 0);
    while (!session.idle()) {
        session.step();
        const auto progress = session.progress(kId);
        if (!progress) continue;
        const bool sampled = progress->finished_steps == progress->total_steps;
        bar.show(
            sampled ? "decoding" : "sampling",
            sampled ? progress->finished_pictures : progress->finished_steps,
            sampled ? progress->pictures : progress->total_steps);
    }
    auto finished = session.collect();
    bar.finish();
    DARKROOM_TRY_ASSIGN(std::vector<image::Image> pictures, std::move(finished.front().pictures));
    return agent::lay_over(drawing.overlays, std::move(pictures));
}

}  // namespace

Result<std::vector<std::vector<std::byte>>> generate_here(const GenerateOptions& options) {
    std::filesystem::path path = options.model;
    if (path.empty()) {
        DARKROOM_TRY_ASSIGN(path, bundled_model());
    }
    DARKROOM_TRY_ASSIGN(const engine::Checkpoint checkpoint, engine::Checkpoint::open(path));
    DARKROOM_TRY_ASSIGN(const std::optional<StartPictures> start, read_start_pictures(options));
    DARKROOM_TRY_ASSIGN(
        const domain::Generation generation, make_generation(options, checkpoint, start));
    DARKROOM_TRY_ASSIGN(agent::Drawing drawing, make_drawing(generation, start));
    DARKROOM_TRY_ASSIGN(
        const auto backend, make_engine({.threads = options.threads, .dtype = options.dtype}));
    if (!backend->note().empty()) print_error(backend->note());

    ProgressBar bar;
    auto model = engine::Model::load(
        *backend,
        engine::ClipTokenizer::bundled(),
        {.path = path, .cache_folder = options.cache_folder, .on_progress = [&](double share) {
             bar.show("loading", static_cast<std::int64_t>(share * 100), 100);
         }});
    bar.finish();
    if (!model) return model.error();
    DARKROOM_TRY_ASSIGN(const std::vector<image::Image> pictures, draw(*model, std::move(drawing)));
    DARKROOM_TRY_ASSIGN(
        agent::Rendering rendering,
        agent::render(
            generation, pictures, {(*model)->sha256(), backend->fingerprint(), kVersion}));
    return std::move(rendering.files);
}

}  // namespace darkroom::app
