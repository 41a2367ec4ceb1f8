// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/sqlite/connection.h"
#include "storage/webhook_store.h"

/// The operations of WebhookStore inside a transaction.
namespace darkroom::storage {

Result<Webhook> put_webhook(
    Connection& connection, const NewWebhook& request, std::int64_t wall_ms);
Result<std::vector<Webhook>> list_webhooks(Connection& connection, const std::string& tenant);
Result<Webhook> rotate_webhook(Connection& connection, const WebhookRotation& request);
Result<void> remove_webhook(Connection& connection, const WebhookName& name);
Result<std::string> test_webhook(
    Connection& connection, const WebhookName& name, std::int64_t wall_ms);
Result<std::vector<WebhookDelivery>> claim_deliveries(
    Connection& connection, const DeliveryClaim& request, std::int64_t wall_ms);
Result<void> end_delivery(Connection& connection, const std::string& id);
Result<void> fail_delivery(
    Connection& connection, const FailedDelivery& request, std::int64_t wall_ms);

/// Puts the messages of an event that ends a task into the outbox; does nothing for others.
Result<void> add_deliveries(Connection& connection, const domain::TaskEvent& event);

}  // namespace darkroom::storage
