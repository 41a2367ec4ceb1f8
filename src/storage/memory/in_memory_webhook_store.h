// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "storage/webhook_store.h"

namespace darkroom::storage {

/// WebhookStore for tests. It hears of events as the listener of an InMemoryTaskStore.
class InMemoryWebhookStore final : public WebhookStore {
  public:
    /// `clock` must outlive the store.
    explicit InMemoryWebhookStore(Clock& clock) : clock_(clock) {}

    void put(NewWebhook request, Completion<Webhook> done) override;
    void list(std::string tenant, Completion<std::vector<Webhook>> done) override;
    void rotate(WebhookRotation request, Completion<Webhook> done) override;
    void remove(WebhookName name, Completion<void> done) override;
    void test(WebhookName name, Completion<std::string> done) override;
    void claim(DeliveryClaim request, Completion<std::vector<WebhookDelivery>> done) override;
    void delivered(std::string id, Completion<void> done) override;
    void failed(FailedDelivery request, Completion<void> done) override;

    /// Puts the messages of an event into the outbox.
    void add_event(const domain::TaskEvent& event);

  private:
    struct Message {
        std::string id;
        std::optional<domain::TaskEvent> event;
        std::int64_t wall_ms = 0;
        /// Of all webhooks' messages.
        std::int64_t sequence = 0;
    };
    struct Entry {
        Webhook webhook;
        std::int64_t not_before_ms = 0;
        std::deque<Message> outbox;
    };
    using Entries = std::vector<Entry>;

    static Entry* find(Entries& entries, const WebhookName& name);
    /// The one whose oldest message has this id.
    static Entry* sender_of(Entries& entries, const std::string& delivery);

    Clock& clock_;
    Guarded<Entries> entries_;
    /// Counts messages; changes only while the entries are locked.
    std::int64_t sequence_ = 0;
};

}  // namespace darkroom::storage
