// SPDX-License-Identifier: Apache-2.0
// Keys, users, tenants and the audit log.

#include <charconv>

#include "api/account_bodies.h"
#include "api/account_requests.h"
#include "api/serverless_request.h"
#include "base/password.h"
#include "control/store_call.h"
#include "gateway/access_control.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using control::store_call;
using storage::AccountStore;

http::Response respond(json::Object body) {
    http::Response response = gateway::respond(json::Value(std::move(body)));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

http::Response refuse(const Error& error) {
    return gateway::respond(message_from(error));
}

http::Response done() {
    return respond(json::Object{{"message", "success"}});
}

std::string outcome_of(const Result<void>& result) {
    return result ? "ok" : result.error().message;
}

awaitable<http::Response> list_keys(Parts& parts, http::Request request) {
    storage::KeyFilter filter;
    if (const std::string* tenant = request.location.query.find("tenant")) filter.tenant = *tenant;
    const Result<std::vector<domain::ApiKey>> keys =
        co_await store_call(parts.access.accounts(), &AccountStore::list_keys, std::move(filter));
    if (!keys) co_return refuse(keys.error());
    co_return respond(api::keys_body(*keys));
}

awaitable<http::Response> create_key(Parts& parts, http::Request request) {
    const std::int64_t now = parts.clock.wall_ms();
    auto order = api::parse_key_order(request.body, now);
    if (!order) co_return gateway::respond(order.error());
    const Result<domain::IssuedKey> issued = domain::issue_key(*std::move(order), now);
    if (!issued) {
        co_return gateway::respond(
            api::message_refusal(422, issued.error().field + ": " + issued.error().message));
    }
    domain::ApiKey key = issued->key;
    const Result<void> added =
        co_await store_call(parts.access.accounts(), &AccountStore::add_key, std::move(key));
    std::string subject =
        issued->key.id + " " + issued->key.tenant + " " + issued->key.scopes.text();
    co_await parts.access.record(request, "key.create", std::move(subject), outcome_of(added));
    if (!added) co_return refuse(added.error());
    co_return respond(api::issued_key_body(*issued));
}

awaitable<http::Response> revoke_key(Parts& parts, http::Request request) {
    const std::string id(request.parameters.get("id"));
    storage::KeyMoment moment{id, parts.clock.wall_ms()};
    const Result<void> revoked =
        co_await store_call(parts.access.accounts(), &AccountStore::revoke_key, std::move(moment));
    if (!revoked) co_return refuse(revoked.error());
    parts.access.authenticator().withdrawals().note_key(id);
    co_await parts.access.record(request, "key.revoke", id, "ok");
    co_return done();
}

awaitable<http::Response> list_users(Parts& parts) {
    const Result<std::vector<domain::User>> users =
        co_await store_call(parts.access.accounts(), &AccountStore::list_users);
    if (!users) co_return refuse(users.error());
    co_return respond(api::users_body(*users));
}

awaitable<http::Response> create_user(Parts& parts, http::Request request) {
    const auto order = api::parse_user_order(request.body);
    if (!order) co_return gateway::respond(order.error());
    std::function<Result<std::string>()> work = [password = order->password] {
        return Result<std::string>(hash_password(password));
    };
    const Result<std::string> hash =
        co_await parts.blocking.run<std::string>(std::move(work), runtime::Deadline::never());
    if (!hash) co_return refuse(hash.error());
    const domain::User user{order->name, order->tenant, order->role, *hash, parts.clock.wall_ms()};
    domain::User added_user = user;
    const Result<void> added = co_await store_call(
        parts.access.accounts(), &AccountStore::add_user, std::move(added_user));
    std::string subject =
        user.name + " " + user.tenant + " " + std::string(domain::to_string(user.role));
    co_await parts.access.record(request, "user.create", std::move(subject), outcome_of(added));
    if (!added) co_return refuse(added.error());
    co_return respond(api::user_body(user));
}

awaitable<http::Response> remove_user(Parts& parts, http::Request request) {
    const std::string name(request.parameters.get("name"));
    std::string wanted = name;
    const Result<void> removed =
        co_await store_call(parts.access.accounts(), &AccountStore::remove_user, std::move(wanted));
    if (!removed) co_return refuse(removed.error());
    parts.access.authenticator().withdrawals().note_user(name);
    co_await parts.access.record(request, "user.remove", name, "ok");
    co_return done();
}

/// A tenant that was never set up has no quotas; it is shown as such.
awaitable<http::Response> show_tenant(Parts& parts, http::Request request) {
    const std::string name(request.parameters.get("name"));
    if (!domain::check_tenant_name(name)) co_return refuse(storage::no_such_tenant());
    std::string wanted = name;
    const Result<domain::Tenant> tenant =
        co_await store_call(parts.access.accounts(), &AccountStore::get_tenant, std::move(wanted));
    if (!tenant) co_return refuse(tenant.error());
    co_return respond(api::tenant_body(*tenant));
}

awaitable<http::Response> set_tenant(Parts& parts, http::Request request) {
    const std::string name(request.parameters.get("name"));
    const Result<void> is_name = domain::check_tenant_name(name);
    if (!is_name) {
        co_return gateway::respond(api::message_refusal(422, is_name.error().message));
    }
    const auto quotas = api::parse_tenant_settings(request.body);
    if (!quotas) co_return gateway::respond(quotas.error());
    domain::Tenant tenant{name, *quotas, parts.clock.wall_ms()};
    const Result<domain::Tenant> set =
        co_await store_call(parts.access.accounts(), &AccountStore::set_tenant, std::move(tenant));
    if (!set) co_return refuse(set.error());
    parts.access.note_quotas(name, set->quotas);
    const std::string body = json::dump(api::tenant_body(*set));
    co_await parts.access.record(request, "tenant.set", body, "ok");
    co_return respond(api::tenant_body(*set));
}

/// A whole number of the query; false when there is something else.
template <class Integer>
bool read_number(const http::Parameters& query, const char* name, Integer& target) {
    const std::string* text = query.find(name);
    if (text == nullptr) return true;
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), target);
    return parsed.ec == std::errc() && parsed.ptr == text->data() + text->size();
}

awaitable<http::Response> list_audit(Parts& parts, http::Request request) {
    storage::AuditPage page;
    std::int64_t before = 0;
    if (!read_number(request.location.query, "limit", page.limit) ||
        !read_number(request.location.query, "before", before) || !storage::validate(page)) {
        co_return gateway::respond(
            api::message_refusal(422, "limit: from 1 to 1000; before: the `next` of another page"));
    }
    if (before > 0) page.before = before;
    const auto limit = static_cast<std::size_t>(page.limit);
    const Result<std::vector<domain::AuditRecord>> records =
        co_await store_call(parts.access.audit(), &storage::AuditLog::list, page);
    if (!records) co_return refuse(records.error());
    co_return respond(api::audit_body(*records, records->size() < limit));
}

}  // namespace

void add_admin_routes(http::Router& router, Parts& parts) {
    const auto add = [&](const char* method, const char* pattern, auto handler) {
        router.add(method, pattern, [&parts, handler](http::Request request) {
            return handler(parts, std::move(request));
        });
    };
    add("GET", "/admin/keys", list_keys);
    add("POST", "/admin/keys", create_key);
    add("DELETE", "/admin/keys/{id}", revoke_key);
    router.add("GET", "/admin/users", [&parts](const http::Request& /*request*/) {
        return list_users(parts);
    });
    add("POST", "/admin/users", create_user);
    add("DELETE", "/admin/users/{name}", remove_user);
    add("GET", "/admin/tenants/{name}", show_tenant);
    add("PUT", "/admin/tenants/{name}", set_tenant);
    add("GET", "/admin/audit", list_audit);
}

}  // namespace darkroom::gateway
