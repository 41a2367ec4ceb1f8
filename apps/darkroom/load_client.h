// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.h"
#include "runtime/task.h"

/// A client that keeps a server on this machine busy, for measurements.
namespace darkroom::app {

struct LoadPlan {
    std::uint16_t port = 0;
    /// Connections that stay open; each waits for its answer before it asks again.
    int connections = 64;
    std::chrono::milliseconds duration{5'000};
    /// The next request, from the method to the end of its body.
    std::function<std::string()> next_request;
};

struct LoadReport {
    std::int64_t answers = 0;
    /// Those whose status was not 200.
    std::int64_t refused = 0;
    double seconds = 0;
    /// Of every answer, ascending.
    std::vector<double> latencies_s = {};

    [[nodiscard]] double per_second() const;
    /// 0.99 for the 99th percentile.
    [[nodiscard]] double latency_s(double quantile) const;
};

/// Asks on all connections until the time is over. `executor` comes from an IoThreads with one
/// thread. Fails with unavailable when a connection cannot be made or breaks.
Result<LoadReport> run_load(const boost::asio::any_io_executor& executor, LoadPlan plan);

/// One request on a connection of its own; the status of its answer. Fails with unavailable.
Result<int> ask_once(
    const boost::asio::any_io_executor& executor, std::uint16_t port, std::string request);

/// Connections that hold an event stream open and read nothing until they are asked to.
class OpenStreams {
  public:
    explicit OpenStreams(boost::asio::any_io_executor executor);
    ~OpenStreams();
    OpenStreams(const OpenStreams&) = delete;
    OpenStreams& operator=(const OpenStreams&) = delete;

    /// Opens so many more and waits for the heads of their answers. Fails with unavailable, or with
    /// resource_exhausted when the server says no.
    Result<void> open(std::uint16_t port, const std::string& target, int count);
    /// Reads each until the text has come. Fails with deadline_exceeded after ten seconds.
    Result<void> read_all(const std::string& text);
    [[nodiscard]] std::size_t size() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace darkroom::app
