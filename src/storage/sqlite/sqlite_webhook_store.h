// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite/sqlite_database.h"
#include "storage/webhook_store.h"

namespace darkroom::storage {

/// WebhookStore in a SqliteDatabase, whose SqliteTaskStore fills the outbox.
class SqliteWebhookStore final : public WebhookStore {
  public:
    explicit SqliteWebhookStore(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    void put(NewWebhook request, Completion<Webhook> done) override;
    void list(std::string tenant, Completion<std::vector<Webhook>> done) override;
    void rotate(WebhookRotation request, Completion<Webhook> done) override;
    void remove(WebhookName name, Completion<void> done) override;
    void test(WebhookName name, Completion<std::string> done) override;
    void claim(DeliveryClaim request, Completion<std::vector<WebhookDelivery>> done) override;
    void delivered(std::string id, Completion<void> done) override;
    void failed(FailedDelivery request, Completion<void> done) override;

  private:
    template <class T, class Request>
    void enqueue(
        Result<T> (*operation)(Connection&, const Request&), Request request, Completion<T> done) {
        database_->writer().enqueue<T>(
            [operation, request = std::move(request)](Connection& connection) {
                return operation(connection, request);
            },
            std::move(done));
    }
    template <class T, class Request>
    void enqueue(
        Result<T> (*operation)(Connection&, const Request&, std::int64_t),
        Request request,
        Completion<T> done) {
        database_->writer().enqueue<T>(
            [operation, request = std::move(request), now = database_->clock().wall_ms()](
                Connection& connection) { return operation(connection, request, now); },
            std::move(done));
    }

    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace darkroom::storage
