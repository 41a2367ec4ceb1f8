// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace darkroom::telemetry {

/// Label names and values. Values come from closed sets only: every new one is a new time series.
using Labels = std::map<std::string, std::string>;

/// Bucket bounds, in seconds, from a cached answer to a long training run.
inline const std::vector<double> kSecondsBuckets = {
    0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0};

/// Something that only grows. A handle: copies mean the same series; valid while its Metrics lives.
class Counter {
  public:
    explicit Counter(prometheus::Counter& series) : series_(&series) {}
    /// Ignores a negative amount.
    void increment(double amount = 1.0) const;
    [[nodiscard]] double value() const;

  private:
    prometheus::Counter* series_;
};

/// Something that goes up and down.
class Gauge {
  public:
    explicit Gauge(prometheus::Gauge& series) : series_(&series) {}
    void set(double value) const;
    void add(double amount) const;
    [[nodiscard]] double value() const;

  private:
    prometheus::Gauge* series_;
};

/// A distribution over fixed buckets.
class Histogram {
  public:
    explicit Histogram(prometheus::Histogram& series) : series_(&series) {}
    void observe(double value) const;

  private:
    prometheus::Histogram* series_;
};

/// The process's metrics, made once in main and passed to whoever counts. Safe from any thread.
///
/// Names are `darkroom_<module>_<thing>_<unit>`. Asking twice for the same name and labels gives
/// the same series. A malformed name or label, or a name already used for another kind, throws
/// ContractViolation. A lookup takes a lock: keep the handle.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
    Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
    Histogram histogram(
        std::string_view name,
        std::string_view help,
        const Labels& labels = {},
        const std::vector<double>& buckets = kSecondsBuckets);

    /// All series in the Prometheus text exposition format, version 0.0.4.
    [[nodiscard]] std::string text() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace darkroom::telemetry
