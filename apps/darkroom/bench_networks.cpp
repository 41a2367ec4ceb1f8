// SPDX-License-Identifier: Apache-2.0
#include "base/format.h"
#include "bench_suite.h"
#include "engine/catalog/architectures.h"
#include "engine/models/unet/unet.h"
#include "engine/ops/elementwise.h"
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

}  // namespace

Result<void> bench_networks(BenchSuite& suite, const std::string& dtype) {
    const double peak = suite.peak_gflops(dtype);
    const BenchOptions& options = suite.options();
    std::unique_ptr<engine::CpuBackend> backend;
    DARKROOM_TRY_ASSIGN(backend, make_engine({.threads = options.threads, .dtype = dtype}));
    for (const std::int64_t batch : {1, 2, 4}) {
        const std::string name = format("unet.sd15.512.b{}.{}", batch, dtype);
        if (!suite.wanted(name)) continue;
        const double seconds = time_unet(*backend, batch, options.repeat);
        suite.add({name, seconds, kUnetGflop * static_cast<double>(batch), peak});
        backend->trim();
    }
    const std::string vae = "vae.decode.sd15.512." + dtype;
    if (suite.wanted(vae)) {
        suite.add({vae, time_vae_decode(*backend, options.repeat), kVaeDecodeGflop, peak});
    }
    return {};
}

}  // namespace darkroom::app
