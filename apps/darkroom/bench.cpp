// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <fstream>
#include <limits>

#include "base/format.h"
#include "bench_suite.h"
#include "console.h"
#include "engine_setup.h"

namespace darkroom::app {
namespace {

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown CPU";
}

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
            peak.bf16_gflops,
            peak.int8_gops};
    }
    BenchSuite suite(options, peak);
    std::vector<std::string> dtypes = {"f32"};
    if (peak.bf16_gflops > 0) dtypes.insert(dtypes.begin(), "bf16");
    if (peak.int8_gops > 0) dtypes.emplace_back("int8");
    // First, while the process has no memory of other measurements.
    for (const std::string& dtype : dtypes)
        DARKROOM_TRY(bench_full_picture(suite, dtype));
    for (const std::string& dtype : dtypes)
        DARKROOM_TRY(bench_networks(suite, dtype));
    DARKROOM_TRY(bench_small_picture(suite));
    DARKROOM_TRY(bench_lone_request(suite));
    return options.json ? bench_json(machine, suite.results()) + "\n"
                        : bench_table(machine, suite.results());
}

}  // namespace

bool BenchSuite::wanted(const std::string& name) const {
    return name.find(options_.filter) != std::string::npos;
}

void BenchSuite::add(BenchResult result) {
    if (!options_.json) fmt::print(stderr, "{}: {:.3f} s\n", result.name, result.seconds);
    results_.push_back(std::move(result));
}

double BenchSuite::peak_gflops(const std::string& dtype) const {
    if (dtype == "int8") return peak_.int8_gops;
    return dtype == "bf16" ? peak_.bf16_gflops : peak_.f32_gflops;
}

double best_seconds(int repeat, const std::function<void()>& work) {
    return best_in_turns(repeat, work, [] {}).first;
}

std::pair<double, double> best_in_turns(
    int repeat, const std::function<void()>& first, const std::function<void()>& second) {
    const auto seconds_of = [](const std::function<void()>& work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    first();
    second();
    constexpr double kNever = std::numeric_limits<double>::infinity();
    std::pair<double, double> best{kNever, kNever};
    for (int i = 0; i < repeat; ++i) {
        best.first = std::min(best.first, seconds_of(first));
        best.second = std::min(best.second, seconds_of(second));
    }
    return best;
}

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
