// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_request.h"
#include "api/webhook_message.h"
#include "control/store_call.h"
#include "gateway/caller.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using storage::WebhookStore;

/// Enough to replace one by another while both sign.
constexpr std::size_t kMostSecrets = 4;

json::Object webhook_body(const storage::Webhook& webhook) {
    const bool is_enabled = webhook.disabled_reason.empty();
    json::Object body{
        {"id", webhook.id},
        {"url", webhook.url},
        {"createdMs", webhook.created_ms},
        {"enabled", is_enabled},
        {"failures", static_cast<std::int64_t>(webhook.failures)},
        {"secretCount", static_cast<std::int64_t>(webhook.secrets.size())}};
    if (!is_enabled) body.set("disabledReason", webhook.disabled_reason);
    return body;
}

/// Answers that change secrets are the only ones that show them.
json::Object body_with_secrets(const storage::Webhook& webhook) {
    json::Object body = webhook_body(webhook);
    body.set("secrets", json::Array(webhook.secrets.begin(), webhook.secrets.end()));
    return body;
}

storage::WebhookName name_of(const http::Request& request) {
    return {caller_of(request).tenant, std::string(request.parameters.get("id"))};
}

/// The secrets of a body; none for a body without.
Result<std::vector<std::string>> secrets_of(const json::Object& body) {
    const json::Value* member = body.find("secrets");
    if (member == nullptr || member->is_null()) return std::vector<std::string>();
    const Error refusal{
        ErrorCode::invalid_argument, "secrets: a list of one to four secrets", "secrets"};
    if (!member->is_array()) return refusal;
    const json::Array& list = member->as_array();
    if (list.empty() || list.size() > kMostSecrets) return refusal;
    std::vector<std::string> secrets;
    for (const json::Value& entry : list) {
        if (!entry.is_string()) return refusal;
        DARKROOM_TRY(api::check_webhook_secret(entry.as_string()));
        secrets.push_back(entry.as_string());
    }
    return secrets;
}

Result<storage::NewWebhook> webhook_of(Parts& parts, const http::Request& request) {
    DARKROOM_TRY_ASSIGN(const json::Value body, json::parse(request.body));
    if (!body.is_object()) {
        return Error{ErrorCode::invalid_argument, "the body must be a JSON object"};
    }
    const json::Value* url = body.as_object().find("url");
    if (url == nullptr || !url->is_string()) {
        return Error{ErrorCode::invalid_argument, "url: an address that begins with https://"};
    }
    DARKROOM_TRY(parts.webhooks.outgoing.check(url->as_string()));
    DARKROOM_TRY_ASSIGN(std::vector<std::string> secrets, secrets_of(body.as_object()));
    storage::NewWebhook webhook{caller_of(request).tenant, url->as_string(), std::move(secrets)};
    webhook.first_secret = api::make_webhook_secret();
    return webhook;
}

awaitable<http::Response> put_webhook(Parts& parts, http::Request request) {
    Result<storage::NewWebhook> wanted = webhook_of(parts, request);
    if (!wanted) co_return respond(api::message_refusal(422, wanted.error().message));
    storage::NewWebhook webhook = *std::move(wanted);
    const bool has_secrets = !webhook.secrets.empty();
    const std::string first_secret = webhook.first_secret;
    const Result<storage::Webhook> stored =
        co_await control::store_call(parts.webhooks.store, &WebhookStore::put, std::move(webhook));
    if (!stored) co_return respond(message_from(stored.error()));
    const bool is_new = stored->secrets == std::vector<std::string>{first_secret};
    co_return respond(
        json::Value(has_secrets || is_new ? body_with_secrets(*stored) : webhook_body(*stored)));
}

awaitable<http::Response> rotate_secret(Parts& parts, http::Request request) {
    storage::WebhookRotation wanted{name_of(request), api::make_webhook_secret()};
    const Result<storage::Webhook> rotated = co_await control::store_call(
        parts.webhooks.store, &WebhookStore::rotate, std::move(wanted));
    if (!rotated) co_return respond(message_from(rotated.error()));
    co_return respond(json::Value(body_with_secrets(*rotated)));
}

awaitable<http::Response> list_webhooks(Parts& parts, http::Request request) {
    std::string tenant = caller_of(request).tenant;
    const Result<std::vector<storage::Webhook>> found =
        co_await control::store_call(parts.webhooks.store, &WebhookStore::list, std::move(tenant));
    if (!found) co_return respond(message_from(found.error()));
    json::Array list;
    for (const storage::Webhook& webhook : *found)
        list.emplace_back(webhook_body(webhook));
    co_return respond(json::Value(json::Object{{"webhooks", std::move(list)}}));
}

awaitable<http::Response> remove_webhook(Parts& parts, http::Request request) {
    storage::WebhookName name = name_of(request);
    const Result<void> removed =
        co_await control::store_call(parts.webhooks.store, &WebhookStore::remove, std::move(name));
    if (!removed) co_return respond(message_from(removed.error()));
    co_return respond(json::Value(json::Object{{"message", "success"}}));
}

awaitable<http::Response> test_webhook(Parts& parts, http::Request request) {
    storage::WebhookName name = name_of(request);
    const std::int64_t wait_s = parts.access.quota_gate().count_webhook_test(name.tenant);
    if (wait_s > 0) {
        http::Response refused =
            respond(api::message_refusal(429, "too many tests of webhooks; try again later"));
        refused.headers.set("Retry-After", std::to_string(wait_s));
        co_return refused;
    }
    const Result<std::string> queued =
        co_await control::store_call(parts.webhooks.store, &WebhookStore::test, std::move(name));
    if (!queued) co_return respond(message_from(queued.error()));
    parts.webhooks.wake();
    co_return respond(json::Value(json::Object{{"message", "success"}, {"id", "msg_" + *queued}}));
}

}  // namespace

void add_webhook_routes(http::Router& router, Parts& parts) {
    const auto add = [&](const char* method, const char* pattern, auto handler) {
        router.add(method, pattern, [&parts, handler](http::Request request) {
            return handler(parts, std::move(request));
        });
    };
    add("GET", "/webhooks", list_webhooks);
    add("POST", "/webhooks", put_webhook);
    add("DELETE", "/webhooks/{id}", remove_webhook);
    add("POST", "/webhooks/{id}/rotation", rotate_secret);
    add("POST", "/webhooks/{id}/test", test_webhook);
}

}  // namespace darkroom::gateway
