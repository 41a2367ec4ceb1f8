// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/task_event.h"
#include "storage/completion.h"

namespace darkroom::storage {

/// Where a tenant wants to be told of its finished tasks.
struct Webhook {
    std::string id;
    std::string tenant;
    std::string url;
    /// Keys for signatures, newest first: all of them sign while one replaces another.
    std::vector<std::string> secrets;
    std::int64_t created_ms = 0;
    /// Deliveries that failed since the last one that succeeded.
    std::int32_t failures = 0;
    /// Why nothing is sent any more; empty while it is.
    std::string disabled_reason;
};

struct NewWebhook {
    std::string tenant;
    std::string url;
    /// Words without blanks. When there are none, a webhook that is there keeps its own.
    std::vector<std::string> secrets;
    /// What a new webhook without secrets gets.
    std::string first_secret = {};
};

struct WebhookName {
    std::string tenant;
    std::string id;
};

struct WebhookRotation {
    WebhookName name;
    std::string secret;
};

/// One message on its way.
struct WebhookDelivery {
    /// The same in every attempt.
    std::string id;
    Webhook webhook;
    /// What happened; nothing for a test.
    std::optional<domain::TaskEvent> event;
    std::int64_t wall_ms = 0;
};

struct DeliveryClaim {
    std::int32_t limit = 1;
    /// A delivery of which nothing is heard for so long is handed out again.
    std::int64_t hold_ms = 30'000;
    /// How many messages of each tenant are on their way.
    std::map<std::string, std::int32_t> under_way = {};
};

struct FailedDelivery {
    /// Of the delivery.
    std::string id;
    std::string reason;
    /// Pause before the webhook's next attempt.
    std::int64_t retry_ms = 0;
    /// So many failures in a row disable the webhook.
    std::int32_t disable_after = 20;
};

/// Webhooks and the outbox of what is to be sent to them. An end of a task puts one message for
/// each enabled webhook of its tenant into the outbox in the transaction of that end, so none is
/// lost and none is sent for an end that did not happen. Rules of calls and completions are those
/// of TaskStore.
class WebhookStore {
  public:
    static constexpr std::int32_t kMostOfTenant = 10;

    virtual ~WebhookStore() = default;

    /// Adds a webhook. One that the tenant has for this URL gets the new secrets, if there are any,
    /// and is enabled again. Fails with conflict when the tenant has kMostOfTenant.
    virtual void put(NewWebhook request, Completion<Webhook> done) = 0;

    /// Oldest first.
    virtual void list(std::string tenant, Completion<std::vector<Webhook>> done) = 0;

    /// Puts a secret before the newest one and drops the others, so that both of these sign. Fails
    /// with not_found.
    virtual void rotate(WebhookRotation request, Completion<Webhook> done) = 0;

    /// With what was to be sent to it. Fails with not_found.
    virtual void remove(WebhookName name, Completion<void> done) = 0;

    /// Puts a test message into the outbox; its id. Fails with not_found, and with conflict for a
    /// disabled webhook.
    virtual void test(WebhookName name, Completion<std::string> done) = 0;

    /// The oldest message of each webhook that may be sent now: at most one of a webhook is on its
    /// way, so they arrive in order. Tenants take turns (take_turns).
    virtual void claim(DeliveryClaim request, Completion<std::vector<WebhookDelivery>> done) = 0;

    /// The message arrived. Unknown ids are ignored.
    virtual void delivered(std::string id, Completion<void> done) = 0;

    /// It did not. Disabling a webhook drops what was to be sent to it.
    virtual void failed(FailedDelivery request, Completion<void> done) = 0;
};

/// Which of the messages that may be sent are sent now: places in `tenants`, which says whose each
/// is, oldest first. The next is the oldest of a tenant that has fewest on their way, and nobody
/// gets more than is left for others then: slow receivers of one tenant hold at most half of what
/// can be on its way, and those of several leave something for the next.
std::vector<std::size_t> take_turns(
    const std::vector<std::string>& tenants, const DeliveryClaim& claim);

// The answers that every store gives in the same words.
Error no_such_webhook();
Error too_many_webhooks();
Error webhook_is_disabled();

}  // namespace darkroom::storage
