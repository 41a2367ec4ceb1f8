// SPDX-License-Identifier: Apache-2.0
#include "control/webhook_deliverer.h"

#include <deque>
#include <thread>

#include <gmock/gmock.h>

#include "api/webhook_message.h"
#include "base/format.h"
#include "cluster/memory/in_process_event_bus.h"
#include "http/server_fixture.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "storage/memory/in_memory_webhook_store.h"

namespace darkroom::control {
namespace {

using storage::wait;
using storage::WebhookStore;
using ::testing::HasSubstr;

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A receiver that answers as it is told, then with 204.
class WebhookDelivererTest : public testing::Test {
  protected:
    storage::Webhook put(const std::string& url = "https://example.com/") {
        const storage::NewWebhook request{"studio", url, {kSecret}};
        return wait(webhooks_, &WebhookStore::put, request).value();
    }
    void start(WebhookOptions options = {}) {
        options.poll_interval = std::chrono::milliseconds(1);
        deliverer_ = std::make_unique<WebhookDeliverer>(
            io_.executor(),
            WebhookDeliverer::Parts{
                webhooks_,
                bus_,
                clock_,
                metrics_,
                [this](const http::OutgoingRequest& request) { return answer(request); }},
            options);
        deliverer_->start();
    }
    void end_task(const std::string& name, std::optional<TraceContext> trace = {}) {
        domain::TaskEvent event{.task = domain::TaskId::random()};
        event.tenant = "studio";
        event.task_name = name;
        event.kind = domain::TaskEventKind::succeeded;
        event.wall_ms = clock_.now_ms;
        event.trace = trace;
        webhooks_.add_event(event);
        bus_.publish(cluster::LogChanged{});
    }
    Result<http::OutgoingAnswer> answer(const http::OutgoingRequest& request) {
        Result<http::OutgoingAnswer> next = http::OutgoingAnswer{204, ""};
        {
            const auto answers = answers_.lock();
            if (!answers->empty()) {
                next = answers->front();
                answers->pop_front();
            }
        }
        received_.lock()->push_back(request);
        arrived_.notify_all();
        return next;
    }
    void answer_with(int status) { answers_.lock()->push_back(http::OutgoingAnswer{status, ""}); }
    /// The first so many requests.
    std::vector<http::OutgoingRequest> receive(std::size_t count) {
        while (true) {
            const std::uint64_t seen = arrived_.count();
            std::vector<http::OutgoingRequest> got = *received_.lock();
            if (got.size() >= count) return got;
            const auto soon = runtime::Deadline::after(std::chrono::seconds(10));
            const Result<void> came = runtime::block_on(io_.executor(), arrived_.wait(seen, soon));
            DARKROOM_CHECK(came.has_value(), "only {} requests came", got.size());
        }
    }
    /// Waits until the webhook is as wanted.
    template <class Wanted>
    storage::Webhook wait_for(Wanted wanted) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (true) {
            const storage::Webhook webhook =
                wait(webhooks_, &WebhookStore::list, std::string("studio"))->at(0);
            if (wanted(webhook)) return webhook;
            DARKROOM_CHECK(std::chrono::steady_clock::now() < give_up, "nothing happened");
            std::this_thread::yield();
        }
    }

    FakeClock clock_;
    cluster::InProcessEventBus bus_;
    telemetry::Metrics metrics_;
    storage::InMemoryWebhookStore webhooks_{clock_};
    Guarded<std::deque<Result<http::OutgoingAnswer>>> answers_;
    Guarded<std::vector<http::OutgoingRequest>> received_;
    runtime::AsyncEvent arrived_;
    runtime::IoThreads io_{2};
    std::unique_ptr<WebhookDeliverer> deliverer_;
};

TEST_F(WebhookDelivererTest, AMessageIsSignedAsTheStandardSays) {
    put();
    end_task("order-1");
    start();
    const http::OutgoingRequest request = receive(1).at(0);
    EXPECT_EQ(request.url, "https://example.com/");
    EXPECT_THAT(request.body, HasSubstr(R"("type":"task.succeeded")"));
    EXPECT_THAT(request.body, HasSubstr(R"("taskId":"order-1")"));
    const std::string_view id = request.headers.get("webhook-id");
    const std::int64_t timestamp = clock_.now_ms / 1'000;
    EXPECT_EQ(request.headers.get("webhook-timestamp"), std::to_string(timestamp));
    EXPECT_EQ(
        request.headers.get("webhook-signature"),
        api::webhook_signature({kSecret}, {id, timestamp, request.body}));
}

TEST_F(WebhookDelivererTest, EachAttemptIsASpanOfTheTasksTrace) {
    put();
    const TraceContext trace =
        TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
    end_task("order-1", trace);
    answer_with(503);
    start({.first_pause = std::chrono::milliseconds(0)});
    const std::vector<http::OutgoingRequest> requests = receive(2);
    const auto span_of = [](const http::OutgoingRequest& request) {
        return TraceContext::parse(request.headers.get("traceparent")).value();
    };
    const TraceContext first = span_of(requests[0]);
    const TraceContext second = span_of(requests[1]);
    EXPECT_EQ(first.trace_id(), trace.trace_id());
    EXPECT_EQ(second.trace_id(), trace.trace_id());
    EXPECT_TRUE(first.is_sampled());
    EXPECT_NE(first.span_id(), trace.span_id());
    EXPECT_NE(first.span_id(), second.span_id());
}

TEST_F(WebhookDelivererTest, ATaskOfBeforeTracesWereKeptGetsOneForTheMessage) {
    put();
    end_task("order-1");
    start();
    EXPECT_TRUE(TraceContext::parse(receive(1).at(0).headers.get("traceparent")));
}

TEST_F(WebhookDelivererTest, WhatFailedIsSentAgainUnderTheSameIdAndThenTheNext) {
    put();
    WebhookOptions options;
    options.first_pause = std::chrono::milliseconds(0);
    answer_with(500);
    answer_with(302);
    answers_.lock()->push_back(Error{ErrorCode::deadline_exceeded, "no answer in time"});
    end_task("first");
    end_task("second");
    start(options);
    const std::vector<http::OutgoingRequest> requests = receive(5);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(requests[i].headers.get("webhook-id"), requests[0].headers.get("webhook-id"));
        EXPECT_EQ(requests[i].body, requests[0].body);
    }
    EXPECT_THAT(requests[4].body, HasSubstr("second"));
    EXPECT_NE(requests[4].headers.get("webhook-id"), requests[0].headers.get("webhook-id"));
    wait_for([](const storage::Webhook& webhook) { return webhook.failures == 0; });
}

TEST_F(WebhookDelivererTest, AReceiverThatFailsForEverIsDisabledWithTheReason) {
    put();
    WebhookOptions options;
    options.first_pause = std::chrono::milliseconds(0);
    options.disable_after = 3;
    for (int i = 0; i < 3; ++i)
        answer_with(503);
    end_task("first");
    start(options);
    const storage::Webhook webhook =
        wait_for([](const storage::Webhook& found) { return !found.disabled_reason.empty(); });
    EXPECT_EQ(webhook.disabled_reason, "the receiver answered 503");
    EXPECT_EQ(webhook.failures, 3);
    EXPECT_EQ(received_.lock()->size(), 3U);
}

TEST_F(WebhookDelivererTest, AReceiverThatIsGoneIsDisabledAtOnce) {
    put();
    answer_with(410);
    end_task("first");
    start();
    wait_for([](const storage::Webhook& found) { return !found.disabled_reason.empty(); });
    EXPECT_EQ(received_.lock()->size(), 1U);
}

/// The receiver is a server of ours, reached through the client that judges addresses.
class WebhookReceiver : public http::ServerTest {
  protected:
    WebhookReceiver() {
        const auto take = [this](const http::Request& request) {
            received_.lock()->push_back(request);
            arrived_.notify_all();
            return http::text_response(200, "thank you");
        };
        router_.add("POST", "/hook", http::immediate(take));
        start();
    }
    ~WebhookReceiver() override {
        deliverer_.reset();
        server_.reset();
    }
    void deliver_to(const std::string& url, http::OutgoingClient client) {
        const storage::NewWebhook request{"studio", url, {kSecret}};
        const storage::Webhook webhook = wait(webhooks_, &WebhookStore::put, request).value();
        WebhookOptions options;
        options.disable_after = 1;
        deliverer_ = std::make_unique<WebhookDeliverer>(
            io_.executor(),
            WebhookDeliverer::Parts{
                webhooks_,
                bus_,
                clock_,
                metrics_,
                [client](const http::OutgoingRequest& message) { return client.post(message); }},
            options);
        deliverer_->start();
        const storage::WebhookName name{"studio", webhook.id};
        ASSERT_TRUE(wait(webhooks_, &WebhookStore::test, name));
        deliverer_->wake();
    }

    SystemClock clock_;
    cluster::InProcessEventBus bus_;
    telemetry::Metrics metrics_;
    storage::InMemoryWebhookStore webhooks_{clock_};
    Guarded<std::vector<http::Request>> received_;
    runtime::AsyncEvent arrived_;
    std::unique_ptr<WebhookDeliverer> deliverer_;
};

TEST_F(WebhookReceiver, GetsASignedMessageOverHttp) {
    const std::vector<std::string> loopback = {"127.0.0.0/8", "::1"};
    deliver_to(
        server_->url() + "/hook",
        http::OutgoingClient(http::AddressPolicy::with_networks(loopback).value()));
    const auto soon = runtime::Deadline::after(std::chrono::seconds(30));
    ASSERT_TRUE(runtime::block_on(io_.executor(), arrived_.wait(0, soon)));
    const http::Request request = received_.lock()->at(0);
    EXPECT_EQ(request.headers.get("Content-Type"), "application/json");
    EXPECT_THAT(request.body, HasSubstr("webhook.test"));
    const std::string id(request.headers.get("webhook-id"));
    const std::string timestamp(request.headers.get("webhook-timestamp"));
    EXPECT_EQ(
        request.headers.get("webhook-signature"),
        api::webhook_signature({kSecret}, {id, std::stoll(timestamp), request.body}));
}

TEST_F(WebhookReceiver, OnAnAddressThatNobodyAllowedGetsNothing) {
    deliver_to(
        format("https://localhost:{}/hook", port()), http::OutgoingClient(http::AddressPolicy()));
    const auto is_disabled = [this] {
        return !wait(webhooks_, &WebhookStore::list, std::string("studio"))
                    ->at(0)
                    .disabled_reason.empty();
    };
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!is_disabled() && std::chrono::steady_clock::now() < give_up)
        std::this_thread::yield();
    EXPECT_TRUE(is_disabled());
    EXPECT_TRUE(received_.lock()->empty());
    EXPECT_NE(
        metrics_.text().find("darkroom_webhook_deliveries_total{outcome=\"failed\"} 1"),
        std::string::npos);
}

/// Receivers that take a message and never answer, until their client hangs up.
class HangingReceivers : public http::ServerTest {
  protected:
    HangingReceivers() {
        router_.add("POST", "/hang", [this](http::Request request) {
            return say_nothing(std::move(request));
        });
        const auto thank = [this](const http::Request&) {
            thanked_.notify_all();
            return http::text_response(200, "thank you");
        };
        router_.add("POST", "/hook", http::immediate(thank));
        start();
        deliverer_ = std::make_unique<WebhookDeliverer>(
            io_.executor(),
            WebhookDeliverer::Parts{
                webhooks_, bus_, clock_, metrics_, [](const http::OutgoingRequest& message) {
                    const std::vector<std::string> loopback = {"127.0.0.0/8", "::1"};
                    return http::OutgoingClient(
                               http::AddressPolicy::with_networks(loopback).value())
                        .post(message);
                }});
        deliverer_->start();
    }
    ~HangingReceivers() override {
        deliverer_.reset();
        server_.reset();
    }

    boost::asio::awaitable<http::Response> say_nothing(http::Request request) {
        hung_.notify_all();
        const auto never = runtime::Deadline::never();
        const Result<void> gone = co_await request.client_gone->wait(0, never);
        co_return http::text_response(gone ? 200 : 500, "");
    }
    void send(const std::string& tenant, const std::string& path) {
        const storage::NewWebhook request{tenant, server_->url() + path, {kSecret}};
        const std::string id = wait(webhooks_, &WebhookStore::put, request)->id;
        ASSERT_TRUE(wait(webhooks_, &WebhookStore::test, storage::WebhookName{tenant, id}));
        deliverer_->wake();
    }
    void wait_until(const runtime::AsyncEvent& event, std::uint64_t count) {
        for (std::uint64_t seen = event.count(); seen < count; seen = event.count()) {
            const auto soon = runtime::Deadline::after(std::chrono::seconds(10));
            const auto more = runtime::block_on(io_.executor(), event.wait(seen, soon));
            ASSERT_TRUE(more) << "only " << seen;
        }
    }

    SystemClock clock_;
    cluster::InProcessEventBus bus_;
    telemetry::Metrics metrics_;
    storage::InMemoryWebhookStore webhooks_{clock_};
    runtime::AsyncEvent hung_;
    runtime::AsyncEvent thanked_;
    std::unique_ptr<WebhookDeliverer> deliverer_;
};

TEST_F(HangingReceivers, OfOneTenantKeepNobodyElsesMessagesWaiting) {
    for (int i = 0; i < 10; ++i)
        send("flood", format("/hang?{}", i));
    wait_until(hung_, 4);
    send("quiet", "/hook");
    wait_until(thanked_, 1);
    EXPECT_EQ(hung_.count(), 4U) << "half of the places";
}

TEST_F(HangingReceivers, DoNotKeepTheServerFromStopping) {
    send("studio", "/hang");
    wait_until(hung_, 1);
    const auto begin = std::chrono::steady_clock::now();
    deliverer_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    const auto webhook = wait(webhooks_, &WebhookStore::list, std::string("studio"))->at(0);
    EXPECT_EQ(webhook.failures, 0) << "it was not the receiver's fault";
}

TEST_F(WebhookDelivererTest, AFailureIsFollowedByAPause) {
    put();
    answer_with(500);
    end_task("first");
    start();
    wait_for([](const storage::Webhook& webhook) { return webhook.failures == 1; });
    const auto claim_at = [&](std::int64_t later) {
        clock_.now_ms += later;
        return wait(webhooks_, &WebhookStore::claim, storage::DeliveryClaim{1, 0})->size();
    };
    deliverer_.reset();
    EXPECT_EQ(claim_at(2'499), 0U);
    EXPECT_EQ(claim_at(2'501), 1U);
}

}  // namespace
}  // namespace darkroom::control
