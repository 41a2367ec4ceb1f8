// SPDX-License-Identifier: Apache-2.0
#include "first_key.h"

#include <algorithm>
#include <iostream>

#include "domain/tenant.h"

namespace darkroom::app {
namespace {

using storage::AccountStore;

}  // namespace

Result<void> ensure_admin(AccountStore& accounts, storage::AuditLog& audit, Clock& clock) {
    const std::int64_t now = clock.wall_ms();
    DARKROOM_TRY_ASSIGN(
        const std::vector<domain::ApiKey> keys,
        storage::wait(accounts, &AccountStore::list_keys, storage::KeyFilter{}));
    DARKROOM_TRY_ASSIGN(
        const std::vector<domain::User> users, storage::wait(accounts, &AccountStore::list_users));
    const bool has_key = std::ranges::any_of(keys, [&](const domain::ApiKey& key) {
        return key.scopes.allow(domain::Scope::admin) && !key.revoked_ms &&
               key.expires_ms.value_or(now + 1) > now;
    });
    const bool has_user = std::ranges::any_of(
        users, [](const domain::User& user) { return user.role == domain::Role::admin; });
    if (has_key || has_user) return {};
    if (!keys.empty() || !users.empty()) {
        return Error{
            ErrorCode::permission_denied,
            "no admin key is left that is good; make one with darkroom key create --scope admin"};
    }
    domain::KeyOrder order;
    order.tenant = domain::kLocalTenant;
    order.label = "made at the first start";
    order.scopes = {domain::Scope::admin};
    DARKROOM_TRY_ASSIGN(const domain::IssuedKey issued, domain::issue_key(std::move(order), now));
    DARKROOM_TRY(storage::wait(accounts, &AccountStore::add_key, issued.key));
    domain::AuditEntry entry;
    entry.at_ms = now;
    entry.actor = "first start";
    entry.tenant = issued.key.tenant;
    entry.action = "key.create";
    entry.subject = issued.key.id + " " + issued.key.tenant + " " + issued.key.scopes.text();
    entry.outcome = "ok";
    DARKROOM_TRY(storage::wait(audit, &storage::AuditLog::append, std::move(entry)));
    std::cout << "The first admin key, shown only this once:\n\n    " << issued.text << "\n\n"
              << std::flush;
    return {};
}

}  // namespace darkroom::app
