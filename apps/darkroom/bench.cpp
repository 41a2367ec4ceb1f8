// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <fstream>
#include <functional>
#include <limits>

#include "base/format.h"
#include "bench_report.h"
#include "command.h"
#include "console.h"
#include "engine/catalog/architectures.h"
#include "engine/cpu/peak.h"
#include "engine/ops/elementwise.h"
#include "engine/pipelines/session.h"
#include "engine/weights/synthetic_source.h"
#include "engine_setup.h"

namespace darkroom::app {
namespace {

using engine::Tensor;

// Analytic work of SD1.5 at 512x512, matrix products and convolutions only, two operations per
// multiply-add: one UNet sample, one VAE decode.
constexpr double kUnetGflop = 803.3;
constexpr double kVaeDecodeGflop = 2514.5;
constexpr std::int64_t kLatent = 64;
constexpr std::int64_t kTokens = 77;

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown CPU";
}

/// Best of `repeat` runs after one to warm up.
double best_seconds(int repeat, const std::function<void()>& work) {
    work();
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < repeat; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
        best = std::min(best, elapsed.count());
    }
    return best;
}

/// An input of normal size: [n, h, w, c] of compute dtype.
Tensor input(engine::Backend& backend, const engine::Shape& shape) {
    const auto values = engine::synthetic_stream("input:bench", shape.numel());
    return engine::ops::cast(backend.upload(values, shape), backend.compute_dtype());
}

double time_unet(engine::Backend& backend, std::int64_t batch, int repeat) {
    engine::SyntheticSource source(backend);
    const engine::Unet unet(source, engine::kUnetPrefix, engine::sd15_config().unet);
    const Tensor tokens = input(backend, {1, kTokens, unet.config().context_width});
    const engine::UnetContext context = unet.prepare(tokens);
    const std::vector<engine::UnetSample> samples(
        static_cast<std::size_t>(batch), {.timestep = 500, .context = &context});
    const Tensor latent = input(backend, {batch, kLatent, kLatent, 4});
    return best_seconds(repeat, [&] { (void)unet(latent, samples); });
}

double time_vae_decode(engine::Backend& backend, int repeat) {
    engine::SyntheticSource source(backend);
    const engine::VaeDecoder decoder(source, engine::kVaePrefix, engine::sd15_config().vae);
    const Tensor latent = input(backend, {1, kLatent, kLatent, 4});
    return best_seconds(repeat, [&] { (void)decoder(latent); });
}

class Bench {
  public:
    Bench(const BenchOptions& options, const engine::PeakRates& peak)
        : options_(options), peak_(peak) {}

    /// UNet calls and VAE decodes of the full-size SD1.5 networks in one dtype.
    Result<void> networks(const std::string& dtype) {
        const std::string suffix = "." + dtype;
        const std::string vae = "vae.sd15.decode.512.b1" + suffix;
        std::unique_ptr<engine::CpuBackend> backend;
        DARKROOM_TRY_ASSIGN(backend, make_engine({.threads = options_.threads, .dtype = dtype}));
        for (const std::int64_t batch : {1, 2, 4}) {
            const std::string name = format("unet.sd15.512.b{}{}", batch, suffix);
            if (!wanted(name)) continue;
            add(name,
                time_unet(*backend, batch, options_.repeat),
                kUnetGflop * static_cast<double>(batch),
                dtype);
            backend->trim();
        }
        if (wanted(vae)) {
            add(vae, time_vae_decode(*backend, options_.repeat), kVaeDecodeGflop, dtype);
        }
        return {};
    }

    /// A picture of 20 steps, Euler a, CFG 7, from prompt to pixels, with the weights loaded.
    Result<void> picture() {
        std::filesystem::path path = options_.model;
        if (path.empty()) {
            DARKROOM_TRY_ASSIGN(path, bundled_model());
        }
        const std::string name = "picture." + path.stem().string() + ".20steps";
        if (!wanted(name)) return {};
        std::unique_ptr<engine::CpuBackend> backend;
        DARKROOM_TRY_ASSIGN(backend, make_engine({.threads = options_.threads, .dtype = {}}));
        DARKROOM_TRY_ASSIGN(
            const auto model,
            engine::Model::load(*backend, engine::ClipTokenizer::bundled(), {.path = path}));
        DARKROOM_TRY_ASSIGN(const engine::Checkpoint checkpoint, engine::Checkpoint::open(path));
        engine::ImageRequest request;
        request.prompt = "a red apple, flat style, white background";
        request.width =
            engine::native_size(checkpoint.family(), checkpoint.file().table().metadata);
        request.height = request.width;
        const double seconds = best_seconds(options_.repeat, [&] {
            engine::Session session;
            (void)session.add(1, model, request).has_value();
            while (!session.idle())
                session.step();
        });
        results.push_back({name, seconds, 0, 0});
        return {};
    }

    std::vector<BenchResult> results;

  private:
    [[nodiscard]] bool wanted(const std::string& name) const {
        return name.find(options_.filter) != std::string::npos;
    }

    void add(const std::string& name, double seconds, double gflop, const std::string& dtype) {
        const double peak = dtype == "bf16" ? peak_.bf16_gflops : peak_.f32_gflops;
        results.push_back({name, seconds, gflop, peak});
        if (!options_.json) fmt::print(stderr, "{}: {:.3f} s\n", name, seconds);
    }

    const BenchOptions& options_;
    engine::PeakRates peak_;
};

Result<std::string> measure(const BenchOptions& options) {
    BenchMachine machine;
    engine::PeakRates peak;
    {
        DARKROOM_TRY_ASSIGN(
            const auto backend, make_engine({.threads = options.threads, .dtype = {}}));
        peak = engine::measure_peak(*backend);
        machine = {
            cpu_model(),
            backend->fingerprint(),
            backend->threads(),
            peak.f32_gflops,
            peak.bf16_gflops};
    }
    Bench bench(options, peak);
    if (peak.bf16_gflops > 0) DARKROOM_TRY(bench.networks("bf16"));
    DARKROOM_TRY(bench.networks("f32"));
    DARKROOM_TRY(bench.picture());
    return options.json ? bench_json(machine, bench.results) + "\n"
                        : bench_table(machine, bench.results);
}

}  // namespace

int bench(const BenchOptions& options) {
    const auto report = measure(options);
    if (!report) {
        print_error(report.error());
        return kFailure;
    }
    fmt::print("{}", *report);
    return kSuccess;
}

}  // namespace darkroom::app
