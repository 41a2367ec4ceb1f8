// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/in_memory_account_store.h"

#include <algorithm>

namespace darkroom::storage {
namespace {

template <class Map>
auto find_in(const Map& map, const typename Map::key_type& key, const Error& absent)
    -> Result<typename Map::mapped_type> {
    const auto found = map.find(key);
    if (found == map.end()) return absent;
    return found->second;
}

}  // namespace

domain::ApiKey* InMemoryAccountStore::Rows::find_key(const std::string& id) {
    const auto found = std::ranges::find(keys, id, &domain::ApiKey::id);
    return found == keys.end() ? nullptr : &*found;
}

void InMemoryAccountStore::set_tenant(domain::Tenant tenant, Completion<domain::Tenant> done) {
    {
        const auto rows = rows_.lock();
        const auto before = rows->tenants.find(tenant.name);
        if (before != rows->tenants.end()) tenant.created_ms = before->second.created_ms;
        rows->tenants.insert_or_assign(tenant.name, tenant);
    }
    done(std::move(tenant));
}

void InMemoryAccountStore::get_tenant(std::string name, Completion<domain::Tenant> done) {
    Result<domain::Tenant> found = find_in(rows_.lock()->tenants, name, no_such_tenant());
    done(std::move(found));
}

void InMemoryAccountStore::add_key(domain::ApiKey key, Completion<void> done) {
    Result<void> added;
    if (const auto rows = rows_.lock(); rows->find_key(key.id) != nullptr) {
        added = key_id_taken();
    } else {
        rows->keys.push_back(std::move(key));
    }
    done(std::move(added));
}

void InMemoryAccountStore::get_key(std::string id, Completion<domain::ApiKey> done) {
    Result<domain::ApiKey> found = no_such_key();
    if (const auto rows = rows_.lock(); const domain::ApiKey* key = rows->find_key(id))
        found = *key;
    done(std::move(found));
}

void InMemoryAccountStore::list_keys(
    KeyFilter filter, Completion<std::vector<domain::ApiKey>> done) {
    std::vector<domain::ApiKey> keys = rows_.lock()->keys;
    std::erase_if(keys, [&](const domain::ApiKey& key) {
        return filter.tenant && key.tenant != *filter.tenant;
    });
    done(std::move(keys));
}

void InMemoryAccountStore::revoke_key(KeyMoment moment, Completion<void> done) {
    Result<void> revoked = no_such_key();
    if (const auto rows = rows_.lock(); domain::ApiKey* key = rows->find_key(moment.id)) {
        if (!key->revoked_ms) key->revoked_ms = moment.at_ms;
        revoked = {};
    }
    done(std::move(revoked));
}

void InMemoryAccountStore::note_key_use(KeyMoment moment, Completion<void> done) {
    if (const auto rows = rows_.lock(); domain::ApiKey* key = rows->find_key(moment.id)) {
        key->last_used_ms = moment.at_ms;
    }
    done({});
}

void InMemoryAccountStore::add_user(domain::User user, Completion<void> done) {
    const std::string name = user.name;
    const bool added = rows_.lock()->users.emplace(name, std::move(user)).second;
    done(added ? Result<void>() : user_name_taken());
}

void InMemoryAccountStore::get_user(std::string name, Completion<domain::User> done) {
    Result<domain::User> found = find_in(rows_.lock()->users, name, no_such_user());
    done(std::move(found));
}

void InMemoryAccountStore::list_users(Completion<std::vector<domain::User>> done) {
    std::vector<domain::User> users;
    {
        const auto rows = rows_.lock();
        for (const auto& [name, user] : rows->users)
            users.push_back(user);
    }
    done(std::move(users));
}

void InMemoryAccountStore::remove_user(std::string name, Completion<void> done) {
    bool removed = false;
    {
        const auto rows = rows_.lock();
        removed = rows->users.erase(name) > 0;
        std::erase_if(rows->sessions, [&](const auto& entry) { return entry.second.user == name; });
    }
    done(removed ? Result<void>() : no_such_user());
}

void InMemoryAccountStore::add_session(domain::Session session, Completion<void> done) {
    Result<void> added = no_such_user();
    {
        const auto rows = rows_.lock();
        const std::int64_t now = clock_.wall_ms();
        std::erase_if(
            rows->sessions, [&](const auto& entry) { return entry.second.expires_ms <= now; });
        if (rows->users.contains(session.user)) {
            rows->sessions.insert_or_assign(session.token_hash, session);
            added = {};
        }
    }
    done(std::move(added));
}

void InMemoryAccountStore::get_session(std::string token_hash, Completion<domain::Session> done) {
    Result<domain::Session> found = find_in(rows_.lock()->sessions, token_hash, no_such_session());
    done(std::move(found));
}

void InMemoryAccountStore::extend_session(domain::Session session, Completion<void> done) {
    {
        const auto rows = rows_.lock();
        const auto found = rows->sessions.find(session.token_hash);
        if (found != rows->sessions.end()) found->second.expires_ms = session.expires_ms;
    }
    done({});
}

void InMemoryAccountStore::remove_session(std::string token_hash, Completion<void> done) {
    rows_.lock()->sessions.erase(token_hash);
    done({});
}

void InMemoryAccountStore::charge_pictures(PictureCharge charge, Completion<std::int64_t> done) {
    Result<std::int64_t> sum = too_many_pictures();
    {
        const auto rows = rows_.lock();
        std::int64_t& used = rows->pictures[{charge.tenant, charge.day}];
        const std::int64_t after = std::max<std::int64_t>(0, used + charge.pictures);
        if (charge.pictures <= 0 || !charge.limit || after <= *charge.limit) {
            used = after;
            sum = after;
        }
    }
    done(std::move(sum));
}

void InMemoryAuditLog::append(domain::AuditEntry entry, Completion<domain::AuditRecord> done) {
    domain::AuditRecord record;
    {
        const auto rows = rows_.lock();
        record = domain::link(std::move(entry), rows->head);
        rows->records.push_back(record);
        rows->head = domain::head_of(record);
    }
    done(std::move(record));
}

void InMemoryAuditLog::list(AuditPage page, Completion<std::vector<domain::AuditRecord>> done) {
    if (const Result<void> valid = validate(page); !valid) return done(valid.error());
    std::vector<domain::AuditRecord> records;
    {
        const auto rows = rows_.lock();
        for (auto row = rows->records.rbegin(); row != rows->records.rend(); ++row) {
            if (records.size() == static_cast<std::size_t>(page.limit)) break;
            if (!page.before || row->sequence < *page.before) records.push_back(*row);
        }
    }
    done(std::move(records));
}

void InMemoryAuditLog::verify(Completion<domain::AuditVerdict> done) {
    domain::AuditVerifier verifier;
    domain::AuditHead head;
    {
        const auto rows = rows_.lock();
        for (const domain::AuditRecord& record : rows->records)
            verifier.add(record);
        head = rows->head;
    }
    done(verifier.finish(head));
}

}  // namespace darkroom::storage
