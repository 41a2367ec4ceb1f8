// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <limits>

#include "base/format.h"
#include "base/sha256.h"
#include "bench_suite.h"
#include "engine/catalog/architectures.h"
#include "engine/pipelines/init_latent.h"
#include "engine/pipelines/session.h"
#include "engine/weights/synthetic_source.h"
#include "engine_setup.h"
#include "process_memory.h"
#include "work_folder.h"

namespace darkroom::app {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point begin) {
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

/// The most memory seen so far.
struct MemoryPeak {
    double anonymous_bytes = 0;
    double mapped_bytes = 0;

    void look() {
        const double anonymous = process_memory("RssAnon:");
        const double mapped = process_memory("RssFile:");
        if (anonymous + mapped <= anonymous_bytes + mapped_bytes) return;
        anonymous_bytes = anonymous;
        mapped_bytes = mapped;
    }
};

engine::ImageRequest picture_request(std::int64_t size) {
    engine::ImageRequest request;
    request.prompt = "a red apple, flat style, white background";
    request.width = size;
    request.height = size;
    return request;
}

Result<std::shared_ptr<const engine::Model>> load(
    engine::Backend& backend, const fs::path& checkpoint, const std::string& sha256) {
    return engine::Model::load(
        backend,
        engine::ClipTokenizer::bundled(),
        {.path = checkpoint, .cache_folder = checkpoint.parent_path() / "cache", .sha256 = sha256});
}

/// From the file, packed before, to the end of the first step and of the picture.
Result<void> draw_from_cache(
    BenchSuite& suite,
    engine::CpuBackend& backend,
    const fs::path& file,
    const std::string& sha256) {
    const std::string dtype = backend.precision();
    const auto begin = SteadyClock::now();
    DARKROOM_TRY_ASSIGN(const auto model, load(backend, file, sha256));
    const double load_seconds = seconds_since(begin);
    engine::Session session;
    constexpr engine::RequestId kId = 1;
    constexpr std::int64_t kSize = 512;
    DARKROOM_TRY(session.add(kId, model, picture_request(kSize)));
    MemoryPeak memory;
    const auto drawing = SteadyClock::now();
    double first_step = 0;
    while (!session.idle()) {
        const engine::StepReport report = session.step();
        memory.look();
        const bool is_unet = report.work == engine::StepReport::Work::unet;
        if (is_unet && first_step == 0) first_step = seconds_since(begin);
    }
    BenchResult picture{"picture.sd15.512.20." + dtype, seconds_since(drawing)};
    picture.anonymous_bytes = memory.anonymous_bytes;
    picture.mapped_bytes = memory.mapped_bytes;
    suite.add({"load.sd15.second." + dtype, load_seconds});
    suite.add({"load.sd15.second.first_step." + dtype, first_step});
    suite.add(std::move(picture));
    for (const engine::FinishedRequest& finished : session.collect()) {
        if (!finished.pictures) return finished.pictures.error();
    }
    return {};
}

/// The bundled model or --model, and the size of its pictures.
struct SmallModel {
    fs::path path;
    std::int64_t size = 0;
};

Result<SmallModel> small_model(const BenchOptions& options) {
    SmallModel model{.path = options.model};
    if (model.path.empty()) {
        DARKROOM_TRY_ASSIGN(model.path, bundled_model());
    }
    DARKROOM_TRY_ASSIGN(const engine::Checkpoint checkpoint, engine::Checkpoint::open(model.path));
    model.size = engine::native_size(checkpoint.family(), checkpoint.file().table().metadata);
    return model;
}

/// Draws a picture; what its UNet steps took, all that a session does for them included.
double unet_seconds_of_a_picture(
    const std::shared_ptr<const engine::Model>& model, std::int64_t size) {
    engine::Session session;
    (void)session.add(1, model, picture_request(size)).has_value();
    double seconds = 0;
    while (!session.idle()) {
        const engine::StepReport report = session.step();
        if (report.work == engine::StepReport::Work::unet) seconds += report.seconds;
    }
    return seconds;
}

}  // namespace

Result<void> bench_small_picture(BenchSuite& suite) {
    const BenchOptions& options = suite.options();
    DARKROOM_TRY_ASSIGN(const SmallModel small, small_model(options));
    const std::string name = format("picture.{}.{}.20", small.path.stem().string(), small.size);
    if (!suite.wanted(name)) return {};
    DARKROOM_TRY_ASSIGN(const auto backend, make_engine({.threads = options.threads, .dtype = {}}));
    DARKROOM_TRY_ASSIGN(
        const auto model,
        engine::Model::load(*backend, engine::ClipTokenizer::bundled(), {.path = small.path}));
    const double seconds =
        best_seconds(options.repeat, [&] { (void)unet_seconds_of_a_picture(model, small.size); });
    suite.add({name, seconds});
    return {};
}

Result<void> bench_lone_request(BenchSuite& suite) {
    const BenchOptions& options = suite.options();
    DARKROOM_TRY_ASSIGN(const SmallModel small, small_model(options));
    const std::string prefix = format("batch.{}.{}.20_", small.path.stem().string(), small.size);
    if (!suite.wanted(prefix + "in_session")) return {};
    DARKROOM_TRY_ASSIGN(const auto backend, make_engine({.threads = options.threads, .dtype = {}}));
    DARKROOM_TRY_ASSIGN(
        const auto model,
        engine::Model::load(*backend, engine::ClipTokenizer::bundled(), {.path = small.path}));
    const engine::ImageRequest request = picture_request(small.size);
    DARKROOM_TRY_ASSIGN(
        const engine::Tensor states, engine::encode_prompt(*model, request.prompt, {}));
    const auto context = engine::prepare_context(*model, states);
    const std::vector<engine::UnetSample> samples(2, {.timestep = 500, .context = context.get()});
    const engine::LatentShape shape = engine::latent_shape(*model, request);
    const engine::Shape latents{2, shape.height, shape.width, shape.channels};
    const engine::Tensor latent =
        backend->upload(engine::synthetic_stream("input:bench", latents.numel()), latents);
    double in_session = std::numeric_limits<double>::infinity();
    const auto draw = [&] {
        in_session = std::min(in_session, unet_seconds_of_a_picture(model, small.size));
    };
    const auto call = [&] {
        for (int step = 0; step < request.steps; ++step)
            (void)model->unet()(latent, samples);
    };
    const double bare = best_in_turns(options.repeat, draw, call).second;
    BenchResult result{prefix + "in_session", in_session};
    result.against = prefix + "bare_calls";
    result.against_seconds = bare;
    suite.add({result.against, bare});
    suite.add(std::move(result));
    return {};
}

Result<void> bench_full_picture(BenchSuite& suite, const std::string& dtype) {
    if (!suite.wanted("picture.sd15.512.20." + dtype)) return {};
    const WorkFolder folder;
    const fs::path file = folder.path() / "sd15.safetensors";
    std::error_code error;
    fs::create_directories(folder.path() / "cache", error);
    if (error) {
        return Error{
            ErrorCode::permission_denied,
            format("a folder for the checkpoint cannot be made: {}", error.message())};
    }
    DARKROOM_TRY(engine::write_synthetic_checkpoint(engine::sd15_config(), file));
    DARKROOM_TRY_ASSIGN(const std::string sha256, sha256_file(file));
    const BenchOptions& options = suite.options();
    std::unique_ptr<engine::CpuBackend> backend;
    DARKROOM_TRY_ASSIGN(backend, make_engine({.threads = options.threads, .dtype = dtype}));
    const auto begin = SteadyClock::now();
    {
        DARKROOM_TRY_ASSIGN(const auto model, load(*backend, file, sha256));
        suite.add({"load.sd15.first." + dtype, seconds_since(begin)});
    }
    return draw_from_cache(suite, *backend, file, sha256);
}

}  // namespace darkroom::app
