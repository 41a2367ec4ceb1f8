// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/webhook_operations.h"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "base/random.h"

namespace darkroom::storage {
namespace {

constexpr const char* kColumns =
    "webhook.id, webhook.tenant, webhook.url, webhook.secrets, webhook.created_ms,"
    " webhook.failures, webhook.disabled_reason";
/// The first column after kColumns.
constexpr int kNextColumn = 7;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::vector<std::string> split(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

/// The order is that of kColumns.
Webhook read_webhook(const Statement& row) {
    Webhook webhook;
    webhook.id = row.text(0);
    webhook.tenant = row.text(1);
    webhook.url = row.text(2);
    webhook.secrets = split(row.text(3));
    webhook.created_ms = row.integer(4);
    webhook.failures = static_cast<std::int32_t>(row.integer(5));
    webhook.disabled_reason = row.text(6);
    return webhook;
}

/// Nothing for the fields of a test.
Result<std::optional<domain::TaskEvent>> read_event(const Statement& row, int first) {
    const std::string kind = row.text(first + 2);
    if (kind.empty()) return std::optional<domain::TaskEvent>();
    DARKROOM_TRY_ASSIGN(domain::TaskId id, domain::TaskId::parse(row.text(first)));
    domain::TaskEvent event{.task = std::move(id)};
    event.tenant = row.text(1);
    event.task_name = row.text(first + 1);
    DARKROOM_TRY_ASSIGN(event.kind, domain::parse_task_event_kind(kind));
    event.attempt = row.integer(first + 3);
    event.wall_ms = row.integer(first + 4);
    event.message = row.text(first + 5);
    DARKROOM_TRY_ASSIGN(event.trace, parse_optional_trace(row.text(first + 7)));
    return std::optional<domain::TaskEvent>(std::move(event));
}

/// A statement without rows that is bound at once.
template <class... Values>
Result<void> run(Connection& connection, std::string_view sql, const Values&... values) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(sql));
    statement.bind_all(values...);
    return statement.run();
}

Result<std::vector<Webhook>> webhooks_where(
    Connection& connection,
    std::string_view condition,
    const std::string& first,
    const std::string& second) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format(
            "SELECT {} FROM webhook WHERE tenant = ?1 AND {} ORDER BY sequence",
            kColumns,
            condition)));
    statement.bind_all(first, second);
    std::vector<Webhook> found;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return found;
        found.push_back(read_webhook(statement));
    }
}

/// The oldest message of each webhook that may be sent, oldest first.
struct Ready {
    std::vector<std::int64_t> sequences;
    std::vector<std::string> tenants;
};

Result<Ready> ready_messages(Connection& connection, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("SELECT d.sequence, webhook.tenant FROM webhook JOIN webhook_delivery"
                           " AS d ON d.sequence = (SELECT min(sequence) FROM webhook_delivery"
                           " WHERE webhook_sequence = webhook.sequence) WHERE"
                           " webhook.not_before_ms <= ? ORDER BY d.sequence"));
    statement.bind_all(wall_ms);
    Ready ready;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return ready;
        ready.sequences.push_back(statement.integer(0));
        ready.tenants.push_back(statement.text(1));
    }
}

Result<WebhookDelivery> read_delivery(Connection& connection, std::int64_t sequence) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare(format(
            "SELECT {}, d.task_id, d.task_name, d.kind, d.attempt, d.wall_ms, d.message, d.id,"
            " d.traceparent FROM webhook_delivery AS d JOIN webhook ON webhook.sequence = "
            "d.webhook_sequence"
            " WHERE d.sequence = ?",
            kColumns)));
    statement.bind_all(sequence);
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    DARKROOM_CHECK(has_row, "a message is gone: {}", sequence);
    WebhookDelivery delivery;
    delivery.webhook = read_webhook(statement);
    DARKROOM_TRY_ASSIGN(delivery.event, read_event(statement, kNextColumn));
    delivery.wall_ms = statement.integer(kNextColumn + 4);
    delivery.id = statement.text(kNextColumn + 6);
    return delivery;
}

}  // namespace

Result<Webhook> put_webhook(
    Connection& connection, const NewWebhook& request, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(const std::vector<Webhook> all, list_webhooks(connection, request.tenant));
    const auto known = std::ranges::find(all, request.url, &Webhook::url);
    if (known == all.end() && all.size() >= static_cast<std::size_t>(WebhookStore::kMostOfTenant)) {
        return too_many_webhooks();
    }
    const std::string id = random_id();
    std::string secrets = joined(request.secrets);
    if (secrets.empty()) {
        secrets = known == all.end() ? request.first_secret : joined(known->secrets);
    }
    DARKROOM_TRY(
        run(connection,
            "INSERT INTO webhook (id, tenant, url, secrets, created_ms, failures, not_before_ms,"
            " disabled_reason) VALUES (?, ?, ?, ?, ?, 0, 0, '') ON CONFLICT (tenant, url) DO UPDATE"
            // One that is enabled keeps its hold: a message may be on its way.
            " SET secrets = excluded.secrets, failures = 0, not_before_ms = CASE disabled_reason"
            " WHEN '' THEN not_before_ms ELSE 0 END, disabled_reason = ''",
            id,
            request.tenant,
            request.url,
            secrets,
            wall_ms));
    DARKROOM_TRY_ASSIGN(
        std::vector<Webhook> found,
        webhooks_where(connection, "url = ?2", request.tenant, request.url));
    DARKROOM_CHECK(found.size() == 1, "the webhook {} was not stored", request.url);
    return std::move(found.front());
}

Result<std::vector<Webhook>> list_webhooks(Connection& connection, const std::string& tenant) {
    return webhooks_where(connection, "id <> ?2", tenant, "");
}

Result<Webhook> rotate_webhook(Connection& connection, const WebhookRotation& request) {
    DARKROOM_TRY_ASSIGN(
        std::vector<Webhook> found,
        webhooks_where(connection, "id = ?2", request.name.tenant, request.name.id));
    if (found.empty()) return no_such_webhook();
    std::vector<std::string>& secrets = found.front().secrets;
    secrets.resize(std::min<std::size_t>(secrets.size(), 1));
    secrets.insert(secrets.begin(), request.secret);
    DARKROOM_TRY(
        run(connection,
            "UPDATE webhook SET secrets = ? WHERE id = ?",
            joined(secrets),
            request.name.id));
    return std::move(found.front());
}

Result<void> remove_webhook(Connection& connection, const WebhookName& name) {
    DARKROOM_TRY(
        run(connection, "DELETE FROM webhook WHERE tenant = ? AND id = ?", name.tenant, name.id));
    if (connection.changed_rows() == 0) return no_such_webhook();
    return {};
}

Result<std::string> test_webhook(
    Connection& connection, const WebhookName& name, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(
        const std::vector<Webhook> found,
        webhooks_where(connection, "id = ?2", name.tenant, name.id));
    if (found.empty()) return no_such_webhook();
    if (!found.front().disabled_reason.empty()) return webhook_is_disabled();
    const std::string id = random_id();
    DARKROOM_TRY(
        run(connection,
            "INSERT INTO webhook_delivery (id, webhook_sequence, task_id, task_name, kind, attempt,"
            " wall_ms, message) SELECT ?, sequence, '', '', '', 0, ?, '' FROM webhook WHERE id = ?",
            id,
            wall_ms,
            name.id));
    return id;
}

Result<std::vector<WebhookDelivery>> claim_deliveries(
    Connection& connection, const DeliveryClaim& request, std::int64_t wall_ms) {
    DARKROOM_TRY_ASSIGN(const Ready ready, ready_messages(connection, wall_ms));
    std::vector<WebhookDelivery> claimed;
    for (const std::size_t place : take_turns(ready.tenants, request)) {
        DARKROOM_TRY_ASSIGN(
            WebhookDelivery delivery, read_delivery(connection, ready.sequences[place]));
        DARKROOM_TRY(
            run(connection,
                "UPDATE webhook SET not_before_ms = ? WHERE id = ?",
                wall_ms + request.hold_ms,
                delivery.webhook.id));
        claimed.push_back(std::move(delivery));
    }
    return claimed;
}

Result<void> end_delivery(Connection& connection, const std::string& id) {
    DARKROOM_TRY(
        run(connection,
            "UPDATE webhook SET failures = 0, not_before_ms = 0 WHERE sequence = (SELECT"
            " webhook_sequence FROM webhook_delivery WHERE id = ?)",
            id));
    return run(connection, "DELETE FROM webhook_delivery WHERE id = ?", id);
}

Result<void> fail_delivery(
    Connection& connection, const FailedDelivery& request, std::int64_t wall_ms) {
    DARKROOM_TRY(
        run(connection,
            "UPDATE webhook SET failures = failures + 1, not_before_ms = ?, disabled_reason ="
            " iif(failures + 1 >= ?, ?, '') WHERE sequence = (SELECT webhook_sequence FROM"
            " webhook_delivery WHERE id = ?)",
            wall_ms + request.retry_ms,
            request.disable_after,
            request.reason,
            request.id));
    return run(
        connection,
        "DELETE FROM webhook_delivery WHERE webhook_sequence = (SELECT sequence FROM webhook WHERE"
        " disabled_reason <> '' AND sequence = (SELECT webhook_sequence FROM webhook_delivery"
        " WHERE id = ?))",
        request.id);
}

Result<void> add_deliveries(Connection& connection, const domain::TaskEvent& event) {
    if (!domain::is_final(domain::state_after(event.kind))) return {};
    const std::string traceparent = traceparent_of(event.trace);
    return run(
        connection,
        "INSERT INTO webhook_delivery (id, webhook_sequence, task_id, task_name, kind, attempt,"
        " wall_ms, message, traceparent) SELECT lower(hex(randomblob(16))), sequence, ?, ?, ?, ?,"
        " ?, ?, ? FROM webhook WHERE tenant = ? AND disabled_reason = '' ORDER BY sequence",
        event.task.text(),
        event.task_name,
        domain::to_string(event.kind),
        event.attempt,
        event.wall_ms,
        event.message,
        traceparent,
        event.tenant);
}

}  // namespace darkroom::storage
