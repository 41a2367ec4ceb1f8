// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <utility>
#include <vector>

#include "base/format.h"
#include "bench_suite.h"
#include "engine/catalog/architectures.h"
#include "engine/models/unet/unet.h"
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

/// An input of normal size, f32.
Tensor input(engine::Backend& backend, const engine::Shape& shape) {
    const auto values = engine::synthetic_stream("input:bench", shape.numel());
    return backend.upload(values, shape);
}

/// SD1.5's UNet and a batch for it.
class UnetCalls {
  public:
    UnetCalls(engine::Backend& backend, std::int64_t batch)
        : source_(backend),
          unet_(source_, engine::kUnetPrefix, engine::sd15_config().unet),
          context_(unet_.prepare(input(backend, {1, kTokens, unet_.config().context_width}))),
          samples_(static_cast<std::size_t>(batch), {.timestep = 500, .context = &context_}),
          latent_(input(backend, {batch, kLatent, kLatent, 4})) {}

    void call() const { (void)unet_(latent_, samples_); }

    /// The same samples, each in a call of its own.
    void call_one_by_one() const {
        const std::span<const engine::UnetSample> all(samples_);
        for (std::int64_t i = 0; i < latent_.shape()[0]; ++i) {
            (void)unet_(latent_.rows(i, i + 1), all.subspan(static_cast<std::size_t>(i), 1));
        }
    }

  private:
    engine::SyntheticSource source_;
    engine::Unet unet_;
    engine::UnetContext context_;
    std::vector<engine::UnetSample> samples_;
    Tensor latent_;
};

double time_vae_decode(engine::Backend& backend, int repeat) {
    engine::SyntheticSource source(backend);
    const engine::VaeDecoder decoder(source, engine::kVaePrefix, engine::sd15_config().vae);
    const Tensor latent = input(backend, {1, kLatent, kLatent, 4});
    return best_seconds(repeat, [&] { (void)decoder(latent); });
}

/// A backend of its own for each measurement, so that its memory is that measurement's.
Result<std::unique_ptr<engine::CpuBackend>> fresh_engine(
    const BenchSuite& suite, const std::string& dtype) {
    return make_engine({.threads = suite.options().threads, .dtype = dtype});
}

Result<void> bench_together(BenchSuite& suite, const std::string& dtype) {
    constexpr std::int64_t kBatch = 4;
    const std::string name = "batch.sd15.512.4_together." + dtype;
    if (!suite.wanted(name)) return {};
    DARKROOM_TRY_ASSIGN(const auto backend, fresh_engine(suite, dtype));
    const UnetCalls calls(*backend, kBatch);
    const auto [together, apart] = best_in_turns(
        suite.options().repeat, [&] { calls.call(); }, [&] { calls.call_one_by_one(); });
    const double gflop = kUnetGflop * static_cast<double>(kBatch);
    BenchResult alone{"batch.sd15.512.4_apart." + dtype, apart, gflop, suite.peak_gflops(dtype)};
    BenchResult result{name, together, gflop, suite.peak_gflops(dtype)};
    result.against = alone.name;
    result.against_seconds = apart;
    suite.add(std::move(alone));
    suite.add(std::move(result));
    return {};
}

}  // namespace

Result<void> bench_networks(BenchSuite& suite, const std::string& dtype) {
    const double peak = suite.peak_gflops(dtype);
    const int repeat = suite.options().repeat;
    for (const std::int64_t batch : {1, 2, 4}) {
        const std::string name = format("unet.sd15.512.b{}.{}", batch, dtype);
        if (!suite.wanted(name)) continue;
        DARKROOM_TRY_ASSIGN(const auto backend, fresh_engine(suite, dtype));
        const UnetCalls calls(*backend, batch);
        const double seconds = best_seconds(repeat, [&] { calls.call(); });
        BenchResult result{name, seconds, kUnetGflop * static_cast<double>(batch), peak};
        result.activation_bytes = static_cast<double>(backend->peak_activation_bytes());
        suite.add(std::move(result));
    }
    const std::string vae = "vae.decode.sd15.512." + dtype;
    if (suite.wanted(vae)) {
        DARKROOM_TRY_ASSIGN(const auto backend, fresh_engine(suite, dtype));
        BenchResult result{vae, time_vae_decode(*backend, repeat), kVaeDecodeGflop, peak};
        result.activation_bytes = static_cast<double>(backend->peak_activation_bytes());
        suite.add(std::move(result));
    }
    return bench_together(suite, dtype);
}

}  // namespace darkroom::app
