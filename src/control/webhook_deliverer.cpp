// SPDX-License-Identifier: Apache-2.0
#include "control/webhook_deliverer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/webhook_message.h"
#include "base/format.h"
#include "base/random.h"
#include "control/store_call.h"
#include "telemetry/log.h"
#include "telemetry/log_failure.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::WebhookStore;

/// The receiver wants nothing more, by the specification.
constexpr int kGone = 410;
constexpr std::int64_t kMsPerSecond = 1'000;

bool is_cancelled(const Error& error) {
    return error.code == ErrorCode::cancelled;
}

bool has_arrived(const Result<http::OutgoingAnswer>& answer) {
    return answer && answer->status >= 200 && answer->status < 300;
}

/// A span of the task's trace; a test has a trace of its own.
TraceContext span_of(const storage::WebhookDelivery& delivery) {
    if (!delivery.event || !delivery.event->trace) return TraceContext::begin();
    return delivery.event->trace->next_span();
}

http::OutgoingRequest request_of(
    const storage::WebhookDelivery& delivery, const TraceContext& span, std::int64_t now_ms) {
    const std::string id = "msg_" + delivery.id;
    const std::int64_t timestamp = now_ms / kMsPerSecond;
    http::OutgoingRequest request;
    request.url = delivery.webhook.url;
    request.body = api::webhook_body(delivery.event, delivery.wall_ms);
    request.headers.set("Content-Type", "application/json");
    request.headers.set("webhook-id", id);
    request.headers.set("webhook-timestamp", std::to_string(timestamp));
    request.headers.set(
        "webhook-signature",
        api::webhook_signature(delivery.webhook.secrets, {id, timestamp, request.body}));
    request.headers.set("traceparent", span.text());
    return request;
}

}  // namespace

WebhookDeliverer::WebhookDeliverer(
    boost::asio::any_io_executor executor, Parts parts, WebhookOptions options)
    : parts_(std::move(parts)),
      options_(options),
      delivered_(counter_of("delivered")),
      failed_(counter_of("failed")),
      pool_(options.concurrency),
      subscription_(parts_.bus.subscribe([this](const cluster::BusMessage& message) {
          if (std::holds_alternative<cluster::LogChanged>(message)) changed_.notify_all();
      })),
      group_(std::move(executor)) {}

WebhookDeliverer::~WebhookDeliverer() {
    subscription_ = {};
    group_.cancel();
    stop_.request_stop();
}

void WebhookDeliverer::start() {
    group_.spawn(run());
}

boost::asio::awaitable<void> WebhookDeliverer::run() {
    while (true) {
        const std::uint64_t seen = changed_.count();
        storage::DeliveryClaim claim = next_claim();
        if (claim.limit > 0) {
            Result<std::vector<storage::WebhookDelivery>> claimed =
                co_await store_call(parts_.store, &WebhookStore::claim, std::move(claim));
            if (!claimed && is_cancelled(claimed.error())) co_return;
            if (!claimed) {
                log::failure(
                    log::Level::warning, "the webhooks' outbox cannot be read", claimed.error());
                claimed = std::vector<storage::WebhookDelivery>();
            }
            for (storage::WebhookDelivery& delivery : *claimed) {
                ++(*under_way_.lock())[delivery.webhook.tenant];
                group_.spawn(deliver(std::move(delivery)));
            }
        }
        const Deadline next_poll = Deadline::after(options_.poll_interval);
        const Result<void> waited = co_await changed_.wait(seen, next_poll);
        if (!waited && waited.error().code == ErrorCode::cancelled) co_return;
    }
}

storage::DeliveryClaim WebhookDeliverer::next_claim() {
    storage::DeliveryClaim claim;
    claim.limit = options_.concurrency;
    claim.under_way = *under_way_.lock();
    for (const auto& [tenant, count] : claim.under_way)
        claim.limit -= count;
    return claim;
}

/// One of the messages on their way; whatever ends it, the next one may go.
class WebhookDeliverer::Place {
  public:
    Place(WebhookDeliverer& owner, std::string tenant)
        : owner_(owner), tenant_(std::move(tenant)) {}
    ~Place() {
        {
            const auto under_way = owner_.under_way_.lock();
            const auto mine = under_way->find(tenant_);
            if (--mine->second == 0) under_way->erase(mine);
        }
        owner_.wake();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

  private:
    WebhookDeliverer& owner_;
    std::string tenant_;
};

boost::asio::awaitable<void> WebhookDeliverer::deliver(storage::WebhookDelivery delivery) {
    const Place place(*this, delivery.webhook.tenant);
    const TraceContext span = span_of(delivery);
    http::OutgoingRequest request = request_of(delivery, span, parts_.clock.wall_ms());
    request.stop = stop_.get_token();
    std::function<Result<http::OutgoingAnswer>()> work = [post = parts_.post, request] {
        return post(request);
    };
    Result<http::OutgoingAnswer> answer =
        co_await pool_.run<http::OutgoingAnswer>(std::move(work), Deadline::never());
    co_await record(std::move(delivery), span, std::move(answer));
}

/// When this fails, the message is sent again once it is no longer held.
boost::asio::awaitable<void> WebhookDeliverer::record(
    storage::WebhookDelivery delivery, TraceContext span, Result<http::OutgoingAnswer> answer) {
    // The server stops, which is not the receiver's fault.
    if (!answer && is_cancelled(answer.error())) co_return;
    const std::string task = delivery.event ? delivery.event->task.text() : "";
    Result<void> recorded;
    if (has_arrived(answer)) {
        delivered_.increment();
        log::debug(
            "webhook delivered",
            {{"webhook", delivery.webhook.id}, {"task", task}, {"trace", span.trace_id()}});
        recorded = co_await store_call(parts_.store, &WebhookStore::delivered, delivery.id);
    } else {
        storage::FailedDelivery failed;
        failed_.increment();
        failed.id = delivery.id;
        failed.reason =
            answer ? format("the receiver answered {}", answer->status) : answer.error().message;
        failed.retry_ms = pause_after(delivery.webhook.failures);
        const bool is_gone = answer && answer->status == kGone;
        failed.disable_after = is_gone ? 1 : options_.disable_after;
        log::warning(
            "a webhook failed",
            {{"webhook", delivery.webhook.id},
             {"reason", failed.reason},
             {"task", task},
             {"trace", span.trace_id()}});
        recorded = co_await store_call(parts_.store, &WebhookStore::failed, std::move(failed));
    }
    if (recorded.has_value() || is_cancelled(recorded.error())) co_return;
    log::warning(
        "a delivery cannot be recorded",
        {{"webhook", delivery.webhook.id},
         {"reason", recorded.error().message},
         {"task", task},
         {"trace", span.trace_id()}});
}

telemetry::Counter WebhookDeliverer::counter_of(const char* outcome) const {
    return parts_.metrics.counter(
        "darkroom_webhook_deliveries_total",
        "Messages sent to webhooks, each attempt",
        {{"outcome", outcome}});
}

/// Half of the doubled pause is certain, the other half is jitter.
std::int64_t WebhookDeliverer::pause_after(std::int32_t failures) const {
    constexpr std::int32_t kMostDoublings = 20;
    const std::int64_t doubled = options_.first_pause.count()
                                 << std::clamp(failures, 0, kMostDoublings);
    const std::int64_t pause = std::min<std::int64_t>(doubled, options_.longest_pause.count());
    const auto half = static_cast<std::uint64_t>(pause / 2);
    return pause - static_cast<std::int64_t>(half) +
           static_cast<std::int64_t>(random_below(half + 1));
}

}  // namespace darkroom::control
