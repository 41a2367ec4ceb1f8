// SPDX-License-Identifier: Apache-2.0
// What the gateway bears: the server and its clients in one process, and an engine that takes no
// time.
#include <chrono>

#include "base/format.h"
#include "command.h"
#include "console.h"
#include "json/json.h"
#include "load_client.h"
#include "load_server.h"
#include "process_memory.h"
#include "runtime/io_threads.h"
#include "telemetry/log.h"
#include "work_folder.h"

namespace darkroom::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr const char* kKnownTask = "bench-task";
constexpr int kOk = 200;
constexpr double kMsPerS = 1000;
constexpr double kBytesPerKib = 1024;

std::string submit_request(const std::string& headers) {
    const std::string body = format(
        R"({{"stable_diffusion_model": "{}", "prompt": "a fox", "steps": 20}})", kLoadCheckpoint);
    return format(
        "POST /txt2img HTTP/1.1\r\nHost: localhost\r\nRequest-Type: async\r\n{}"
        "Content-Length: {}\r\n\r\n{}",
        headers,
        body.size(),
        body);
}

std::string progress_request() {
    return format("GET /tasks/{}/progress HTTP/1.1\r\nHost: localhost\r\n\r\n", kKnownTask);
}

json::Object row_of(const char* name, const LoadReport& report) {
    return {
        {"name", name},
        {"per_second", report.per_second()},
        {"answers", report.answers},
        {"refused", report.refused},
        {"p50_ms", report.latency_s(0.5) * kMsPerS},
        {"p99_ms", report.latency_s(0.99) * kMsPerS}};
}

/// One measurement after the other, on one server.
class GatewayBench {
  public:
    GatewayBench(const GatewayBenchOptions& options, std::uint16_t port)
        : options_(options), port_(port) {}

    Result<json::Array> run() {
        DARKROOM_TRY(load("gateway.submits", submit_request("")));
        DARKROOM_TRY(submit(kKnownTask));
        DARKROOM_TRY(load("gateway.progress", progress_request()));
        DARKROOM_TRY(open_streams());
        return std::move(rows_);
    }

  private:
    LoadPlan plan(std::string request) const {
        LoadPlan plan;
        plan.port = port_;
        plan.connections = options_.connections;
        plan.duration = std::chrono::seconds(options_.seconds);
        plan.next_request = [request = std::move(request)] { return request; };
        return plan;
    }

    Result<void> load(const char* name, std::string request) {
        DARKROOM_TRY_ASSIGN(
            const LoadReport report, run_load(client_.executor(), plan(std::move(request))));
        rows_.emplace_back(row_of(name, report));
        return {};
    }

    Result<void> submit(const std::string& name) {
        DARKROOM_TRY_ASSIGN(
            const int status,
            ask_once(client_.executor(), port_, submit_request(format("taskId: {}\r\n", name))));
        if (status == kOk) return {};
        return Error{
            ErrorCode::bad_upstream,
            format("the server refuses a task; its status is: {}", status)};
    }

    /// Opens event streams, then has one task end and waits until all of them have said so.
    Result<void> open_streams() {
        OpenStreams streams(client_.executor());
        const double before = process_memory("RssAnon:");
        const auto opening = SteadyClock::now();
        DARKROOM_TRY(streams.open(port_, "/events", options_.streams));
        const std::chrono::duration<double> opened = SteadyClock::now() - opening;
        const double taken = process_memory("RssAnon:") - before;
        const auto telling = SteadyClock::now();
        DARKROOM_TRY(submit("bench-told"));
        DARKROOM_TRY(streams.read_all("\"succeeded\""));
        const std::chrono::duration<double> told = SteadyClock::now() - telling;
        const auto count = static_cast<double>(streams.size());
        rows_.emplace_back(json::Object{
            {"name", "gateway.streams"},
            {"streams", static_cast<std::int64_t>(streams.size())},
            {"kib_each", taken / count / kBytesPerKib},
            {"opened_per_second", count / opened.count()},
            {"told_all_ms", told.count() * kMsPerS}});
        return {};
    }

    const GatewayBenchOptions& options_;
    std::uint16_t port_;
    runtime::IoThreads client_{1};
    json::Array rows_;
};

Result<json::Array> measure(const GatewayBenchOptions& options) {
    const WorkFolder folder;
    DARKROOM_TRY_ASSIGN(const auto server, LoadServer::start(folder.path()));
    GatewayBench bench(options, server->port());
    return bench.run();
}

std::string table_of(const json::Array& rows) {
    std::string text;
    for (const json::Value& row : rows) {
        text += row["name"].as_string() + ":";
        for (const auto& [name, value] : row.as_object()) {
            if (name == "name") continue;
            text += value.is_integer() ? format("  {} {}", name, value.as_integer())
                                       : format("  {} {:.2f}", name, value.as_double());
        }
        text += "\n";
    }
    return text;
}

}  // namespace

int bench_gateway(const GatewayBenchOptions& options) {
    log::configure({.level = log::Level::warning});
    const Result<json::Array> rows = measure(options);
    if (!rows) {
        print_error(rows.error());
        return kFailure;
    }
    if (options.json) {
        fmt::print("{}\n", json::dump(json::Object{{"results", *rows}}, json::Style::indented));
    } else {
        fmt::print("{}", table_of(*rows));
    }
    return kSuccess;
}

}  // namespace darkroom::app
