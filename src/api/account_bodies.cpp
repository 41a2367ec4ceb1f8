// SPDX-License-Identifier: Apache-2.0
#include "api/account_bodies.h"

#include <optional>

namespace darkroom::api {
namespace {

template <class T>
json::Value or_null(const std::optional<T>& value) {
    return value ? json::Value(*value) : json::Value();
}

}  // namespace

json::Object key_body(const domain::ApiKey& key) {
    json::Array scopes;
    for (const domain::Scope scope : domain::kScopes) {
        if (key.scopes.contains(scope)) scopes.emplace_back(domain::to_string(scope));
    }
    return json::Object{
        {"id", key.id},
        {"tenant", key.tenant},
        {"label", key.label},
        {"scopes", std::move(scopes)},
        {"createdMs", key.created_ms},
        {"expiresMs", or_null(key.expires_ms)},
        {"lastUsedMs", or_null(key.last_used_ms)},
        {"revokedMs", or_null(key.revoked_ms)}};
}

json::Object issued_key_body(const domain::IssuedKey& issued) {
    json::Object body = key_body(issued.key);
    body.set("key", issued.text);
    return body;
}

json::Object keys_body(const std::vector<domain::ApiKey>& keys) {
    json::Array list;
    for (const domain::ApiKey& key : keys)
        list.emplace_back(key_body(key));
    return json::Object{{"keys", std::move(list)}};
}

json::Object user_body(const domain::User& user) {
    return json::Object{
        {"userName", user.name},
        {"tenant", user.tenant},
        {"role", domain::to_string(user.role)},
        {"createdMs", user.created_ms}};
}

json::Object users_body(const std::vector<domain::User>& users) {
    json::Array list;
    for (const domain::User& user : users)
        list.emplace_back(user_body(user));
    return json::Object{{"users", std::move(list)}};
}

json::Object tenant_body(const domain::Tenant& tenant) {
    const domain::Quotas& quotas = tenant.quotas;
    return json::Object{
        {"name", tenant.name},
        {"quotas",
         json::Object{
             {"queuedTasks", or_null(quotas.queued_tasks)},
             {"queuedSeconds", or_null(quotas.queued_seconds)},
             {"picturesPerDay", or_null(quotas.pictures_per_day)},
             {"requestsPerSecond", or_null(quotas.requests_per_second)}}},
        {"createdMs", tenant.created_ms}};
}

json::Object audit_body(const std::vector<domain::AuditRecord>& records, bool is_last) {
    json::Array list;
    for (const domain::AuditRecord& record : records) {
        const domain::AuditEntry& entry = record.entry;
        list.emplace_back(json::Object{
            {"sequence", record.sequence},
            {"atMs", entry.at_ms},
            {"actor", entry.actor},
            {"tenant", entry.tenant},
            {"action", entry.action},
            {"subject", entry.subject},
            {"outcome", entry.outcome},
            {"requestId", entry.request_id},
            {"address", entry.address},
            {"hash", record.hash}});
    }
    json::Value next;
    if (!is_last && !records.empty()) next = records.back().sequence;
    return json::Object{{"records", std::move(list)}, {"next", std::move(next)}};
}

}  // namespace darkroom::api
