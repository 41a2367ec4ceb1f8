// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_webhook_store.h"

#include <utility>

#include "storage/sqlite/webhook_operations.h"

namespace darkroom::storage {

void SqliteWebhookStore::put(NewWebhook request, Completion<Webhook> done) {
    enqueue(&put_webhook, std::move(request), std::move(done));
}

void SqliteWebhookStore::list(std::string tenant, Completion<std::vector<Webhook>> done) {
    enqueue(&list_webhooks, std::move(tenant), std::move(done));
}

void SqliteWebhookStore::rotate(WebhookRotation request, Completion<Webhook> done) {
    enqueue(&rotate_webhook, std::move(request), std::move(done));
}

void SqliteWebhookStore::remove(WebhookName name, Completion<void> done) {
    enqueue(&remove_webhook, std::move(name), std::move(done));
}

void SqliteWebhookStore::test(WebhookName name, Completion<std::string> done) {
    enqueue(&test_webhook, std::move(name), std::move(done));
}

void SqliteWebhookStore::claim(
    DeliveryClaim request, Completion<std::vector<WebhookDelivery>> done) {
    enqueue(&claim_deliveries, std::move(request), std::move(done));
}

void SqliteWebhookStore::delivered(std::string id, Completion<void> done) {
    enqueue(&end_delivery, std::move(id), std::move(done));
}

void SqliteWebhookStore::failed(FailedDelivery request, Completion<void> done) {
    enqueue(&fail_delivery, std::move(request), std::move(done));
}

}  // namespace darkroom::storage
