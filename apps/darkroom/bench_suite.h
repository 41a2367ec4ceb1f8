// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bench_report.h"
#include "command.h"
#include "engine/cpu/peak.h"

namespace darkroom::app {

/// One run of `darkroom bench`: what is wanted of it, and what it has found.
class BenchSuite {
  public:
    BenchSuite(const BenchOptions& options, const engine::PeakRates& peak)
        : options_(options), peak_(peak) {}

    [[nodiscard]] const BenchOptions& options() const { return options_; }
    [[nodiscard]] bool wanted(const std::string& name) const;
    /// Also says it to a person who waits.
    void add(BenchResult result);
    [[nodiscard]] double peak_gflops(const std::string& dtype) const;
    [[nodiscard]] const std::vector<BenchResult>& results() const { return results_; }

  private:
    const BenchOptions& options_;
    engine::PeakRates peak_;
    std::vector<BenchResult> results_;
};

/// Best of `repeat` runs after one to warm up.
double best_seconds(int repeat, const std::function<void()>& work);

/// Best of `repeat` runs of each, in turns after one of each to warm up.
std::pair<double, double> best_in_turns(
    int repeat, const std::function<void()>& first, const std::function<void()>& second);

/// Calls of SD1.5's UNet (batch 1, 2 and 4), four samples in one call against one after the other,
/// and VAE decodes in one dtype, with synthetic weights.
Result<void> bench_networks(BenchSuite& suite, const std::string& dtype);

/// A picture of the bundled model, or of --model, with its weights loaded.
Result<void> bench_small_picture(BenchSuite& suite);

/// What the step batcher costs a request that is alone: the UNet steps of a picture of the bundled
/// model in a session, against the same UNet calls without one.
Result<void> bench_lone_request(BenchSuite& suite);

/// A whole SD1.5 picture from a checkpoint file, once: loading it for the first and the second
/// time, its first step and its end, and the memory that it took. Writes some gigabytes into a
/// folder of its own under the one for temporary files.
Result<void> bench_full_picture(BenchSuite& suite, const std::string& dtype);

}  // namespace darkroom::app
