// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace darkroom::app {

/// One measurement; 0 work means that it has no arithmetic rate.
struct BenchResult {
    std::string name;
    double seconds = 0;
    /// Multiplications and additions, counted analytically.
    double gflop = 0;
    /// Peak of the dtype it ran in.
    double peak_gflops = 0;
    /// Memory at its peak, where that was looked at: the process's own, and mapped weights.
    double anonymous_bytes = 0;
    double mapped_bytes = 0;
    /// The most memory of activations that it held at once.
    double activation_bytes = 0;
    /// What it was measured in turns with, and the seconds of that.
    std::string against = {};
    double against_seconds = 0;
};

struct BenchMachine {
    std::string cpu;
    std::string engine;
    int threads = 0;
    double f32_gflops = 0;
    /// 0 where the CPU does not multiply bf16.
    double bf16_gflops = 0;
    /// 0 where the CPU does not multiply bytes.
    double int8_gops = 0;
};

/// {"machine": {...}, "results": [{"name", "seconds", "gflops", "fraction_of_peak",
/// "rss_anonymous_mib", "rss_mapped_mib", "activations_mib", "ratio", "ratio_to"}, ...]}; what was
/// not measured is left out.
std::string bench_json(const BenchMachine& machine, const std::vector<BenchResult>& results);

/// A table for people.
std::string bench_table(const BenchMachine& machine, const std::vector<BenchResult>& results);

}  // namespace darkroom::app
