// SPDX-License-Identifier: Apache-2.0
#include "telemetry/metrics.h"

#include <stdexcept>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/check.h"

namespace darkroom::telemetry {
namespace {

template <class Build>
auto& checked(std::string_view name, const Build& build) {
    try {
        return build();
    } catch (const std::invalid_argument& failure) {
        throw ContractViolation(format("metric {}: {}", name, failure.what()));
    }
}

}  // namespace

struct Metrics::State {
    prometheus::Registry registry;
};

void Counter::increment(double amount) const {
    series_->Increment(amount);
}

double Counter::value() const {
    return series_->Value();
}

void Gauge::set(double value) const {
    series_->Set(value);
}

void Gauge::add(double amount) const {
    series_->Increment(amount);
}

double Gauge::value() const {
    return series_->Value();
}

void Histogram::observe(double value) const {
    series_->Observe(value);
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}

Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
    return Counter(checked(name, [&]() -> prometheus::Counter& {
        return prometheus::BuildCounter()
            .Name(std::string(name))
            .Help(std::string(help))
            .Register(state_->registry)
            .Add(labels);
    }));
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
    return Gauge(checked(name, [&]() -> prometheus::Gauge& {
        return prometheus::BuildGauge()
            .Name(std::string(name))
            .Help(std::string(help))
            .Register(state_->registry)
            .Add(labels);
    }));
}

Histogram Metrics::histogram(
    std::string_view name,
    std::string_view help,
    const Labels& labels,
    const std::vector<double>& buckets) {
    return Histogram(checked(name, [&]() -> prometheus::Histogram& {
        return prometheus::BuildHistogram()
            .Name(std::string(name))
            .Help(std::string(help))
            .Register(state_->registry)
            .Add(labels, buckets);
    }));
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace darkroom::telemetry
