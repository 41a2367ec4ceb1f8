// SPDX-License-Identifier: Apache-2.0
#include "control/engine_metrics.h"

#include <algorithm>
#include <array>

namespace darkroom::control {
namespace {

constexpr std::int64_t kWidestLabel = 64;
constexpr std::array<std::string_view, 3> kPhases = {"queued", "drawn", "stored"};
constexpr std::array<std::string_view, 5> kWork = {
    "load", "encode", "encode-image", "unet", "decode"};

/// The series are there before the first task is.
telemetry::Histogram phase_seconds(telemetry::Metrics& metrics, TaskPhase phase) {
    const std::string_view word = kPhases.at(static_cast<std::size_t>(phase));
    return metrics.histogram(
        "darkroom_task_seconds",
        "Where the time of a task went: until an agent took it, until it was drawn, until its "
        "pictures were stored",
        {{"phase", std::string(word)}});
}

}  // namespace

EngineMetrics::EngineMetrics(telemetry::Metrics& metrics)
    : metrics_(metrics),
      starts_(metrics.counter("darkroom_agent_starts_total", "Agent processes started")),
      deaths_(metrics.counter(
          "darkroom_agent_deaths_total", "Agent processes that ended without being told to")),
      agents_(metrics.gauge("darkroom_agents", "Agent processes that are connected")) {
    for (const TaskPhase phase : {TaskPhase::queued, TaskPhase::drawn, TaskPhase::stored})
        phase_seconds(metrics_, phase);
    for (const std::string_view work : kWork)
        add({std::string(work), 0, -1});
}

void EngineMetrics::observe(TaskPhase phase, double seconds) const {
    // A wall clock that was set back costs nothing.
    phase_seconds(metrics_, phase).observe(std::max(seconds, 0.0));
}

void EngineMetrics::add(const cluster::EngineReport& report) {
    // Labels come from closed sets, whatever an agent says.
    if (std::ranges::find(kWork, report.work) == kWork.end()) return;
    const telemetry::Histogram seconds = metrics_.histogram(
        "darkroom_engine_work_seconds",
        "Time of one piece of engine work: a checkpoint loaded, prompts encoded, a UNet call (one "
        "step), a picture decoded",
        {{"work", report.work}});
    if (report.seconds < 0) return;
    seconds.observe(report.seconds);
    if (report.work != "unet") return;
    const std::int64_t width = std::clamp<std::int64_t>(report.width, 0, kWidestLabel);
    metrics_
        .counter(
            "darkroom_engine_unet_calls_total",
            "UNet calls by batch width (samples; a picture with guidance has two)",
            {{"width", std::to_string(width)}})
        .increment();
}

}  // namespace darkroom::control
