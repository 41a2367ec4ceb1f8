// SPDX-License-Identifier: Apache-2.0
#include "bench_report.h"

#include "base/format.h"
#include "json/json.h"

namespace darkroom::app {
namespace {

constexpr double kMib = 1024.0 * 1024.0;

}  // namespace

std::string bench_json(const BenchMachine& machine, const std::vector<BenchResult>& results) {
    json::Array rows;
    for (const BenchResult& result : results) {
        json::Object row{{"name", result.name}, {"seconds", result.seconds}};
        if (result.gflop > 0) {
            const double rate = result.gflop / result.seconds;
            row.set("gflops", rate);
            row.set("fraction_of_peak", rate / result.peak_gflops);
        }
        if (result.anonymous_bytes > 0) {
            row.set("rss_anonymous_mib", result.anonymous_bytes / kMib);
            row.set("rss_mapped_mib", result.mapped_bytes / kMib);
        }
        if (result.activation_bytes > 0) {
            row.set("activations_mib", result.activation_bytes / kMib);
        }
        if (result.against_seconds > 0) {
            row.set("ratio", result.seconds / result.against_seconds);
            row.set("ratio_to", result.against);
        }
        rows.emplace_back(std::move(row));
    }
    json::Object facts{
        {"cpu", machine.cpu},
        {"engine", machine.engine},
        {"threads", machine.threads},
        {"peak_f32_gflops", machine.f32_gflops},
        {"peak_bf16_gflops", machine.bf16_gflops},
        {"peak_int8_gops", machine.int8_gops}};
    return json::dump(
        json::Object{{"machine", std::move(facts)}, {"results", std::move(rows)}},
        json::Style::indented);
}

std::string bench_table(const BenchMachine& machine, const std::vector<BenchResult>& results) {
    std::string text = format(
        "{}\n{}, {} threads; peak {:.0f} Gflop/s f32, {:.0f} Gflop/s "
        "bf16, {:.0f} Gop/s int8\n\n{:<34}{:>10}{:>10}{:>9}\n",
        machine.cpu,
        machine.engine,
        machine.threads,
        machine.f32_gflops,
        machine.bf16_gflops,
        machine.int8_gops,
        "",
        "seconds",
        "Gflop/s",
        "of peak");
    for (const BenchResult& result : results) {
        text += format("{:<34}{:>10.4f}", result.name, result.seconds);
        if (result.gflop > 0) {
            const double rate = result.gflop / result.seconds;
            text += format("{:>10.0f}{:>8.0f}%", rate, 100.0 * rate / result.peak_gflops);
        }
        if (result.anonymous_bytes > 0) {
            text += format(
                "  {:.0f} MiB own memory and {:.0f} MiB mapped weights",
                result.anonymous_bytes / kMib,
                result.mapped_bytes / kMib);
        }
        if (result.activation_bytes > 0) {
            text += format("  {:.0f} MiB of activations", result.activation_bytes / kMib);
        }
        if (result.against_seconds > 0) {
            const double ratio = result.seconds / result.against_seconds;
            text += format("  {:.3f} of {}", ratio, result.against);
        }
        text += "\n";
    }
    return text;
}

}  // namespace darkroom::app
