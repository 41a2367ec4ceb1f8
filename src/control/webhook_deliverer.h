// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/trace_context.h"
#include "cluster/event_bus.h"
#include "http/outgoing_client.h"
#include "runtime/async_event.h"
#include "runtime/blocking_pool.h"
#include "runtime/task_group.h"
#include "storage/webhook_store.h"
#include "telemetry/metrics.h"

namespace darkroom::control {

struct WebhookOptions {
    /// Messages on their way at once, of all tenants.
    int concurrency = 8;
    /// How often the outbox is looked at when the bus says nothing.
    std::chrono::milliseconds poll_interval{5'000};
    /// Pause after the first failure; it doubles with each.
    std::chrono::milliseconds first_pause{5'000};
    std::chrono::milliseconds longest_pause{3'600'000};
    /// Failures in a row that disable a webhook: about twelve hours of them.
    std::int32_t disable_after = 20;
};

/// Sends what is in the outbox until it arrived, at least once each, in the order of each webhook.
/// Tenants take turns: storage::take_turns.
class WebhookDeliverer {
  public:
    /// Sends a message and blocks for its answer, or until the request's stop is asked for; usually
    /// an http::OutgoingClient.
    using Post = std::function<Result<http::OutgoingAnswer>(const http::OutgoingRequest&)>;

    /// What a deliverer works with; everything outlives it.
    struct Parts {
        storage::WebhookStore& store;
        cluster::EventBus& bus;
        Clock& clock;
        telemetry::Metrics& metrics;
        Post post;
    };

    /// `executor` comes from an IoThreads that outlives the deliverer.
    WebhookDeliverer(
        boost::asio::any_io_executor executor, Parts parts, WebhookOptions options = {});
    ~WebhookDeliverer();
    WebhookDeliverer(const WebhookDeliverer&) = delete;
    WebhookDeliverer& operator=(const WebhookDeliverer&) = delete;

    /// Begins. Once.
    void start();

    /// Looks at the outbox now.
    void wake() { changed_.notify_all(); }

  private:
    class Place;

    boost::asio::awaitable<void> run();
    [[nodiscard]] storage::DeliveryClaim next_claim();
    boost::asio::awaitable<void> deliver(storage::WebhookDelivery delivery);
    boost::asio::awaitable<void> record(
        storage::WebhookDelivery delivery, TraceContext span, Result<http::OutgoingAnswer> answer);
    [[nodiscard]] std::int64_t pause_after(std::int32_t failures) const;
    [[nodiscard]] telemetry::Counter counter_of(const char* outcome) const;

    Parts parts_;
    WebhookOptions options_;
    telemetry::Counter delivered_;
    telemetry::Counter failed_;
    /// Messages on their way, by tenant.
    Guarded<std::map<std::string, std::int32_t>> under_way_;
    std::stop_source stop_;
    runtime::AsyncEvent changed_;
    runtime::BlockingPool pool_;
    cluster::Subscription subscription_;
    runtime::TaskGroup group_;
};

}  // namespace darkroom::control
