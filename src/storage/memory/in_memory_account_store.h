// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "storage/account_store.h"
#include "storage/audit_log.h"

namespace darkroom::storage {

/// AccountStore for tests. Completions run before the call returns.
class InMemoryAccountStore final : public AccountStore {
  public:
    /// `clock` must outlive the store.
    explicit InMemoryAccountStore(Clock& clock) : clock_(clock) {}

    void set_tenant(domain::Tenant tenant, Completion<domain::Tenant> done) override;
    void get_tenant(std::string name, Completion<domain::Tenant> done) override;
    void add_key(domain::ApiKey key, Completion<void> done) override;
    void get_key(std::string id, Completion<domain::ApiKey> done) override;
    void list_keys(KeyFilter filter, Completion<std::vector<domain::ApiKey>> done) override;
    void revoke_key(KeyMoment moment, Completion<void> done) override;
    void note_key_use(KeyMoment moment, Completion<void> done) override;
    void add_user(domain::User user, Completion<void> done) override;
    void get_user(std::string name, Completion<domain::User> done) override;
    void list_users(Completion<std::vector<domain::User>> done) override;
    void remove_user(std::string name, Completion<void> done) override;
    void add_session(domain::Session session, Completion<void> done) override;
    void get_session(std::string token_hash, Completion<domain::Session> done) override;
    void extend_session(domain::Session session, Completion<void> done) override;
    void remove_session(std::string token_hash, Completion<void> done) override;
    void charge_pictures(PictureCharge charge, Completion<std::int64_t> done) override;

  private:
    struct Rows {
        std::map<std::string, domain::Tenant> tenants;
        std::vector<domain::ApiKey> keys;
        std::map<std::string, domain::User> users;
        std::map<std::string, domain::Session> sessions;
        std::map<std::pair<std::string, std::int64_t>, std::int64_t> pictures;

        domain::ApiKey* find_key(const std::string& id);
    };

    Clock& clock_;
    Guarded<Rows> rows_;
};

/// AuditLog for tests.
class InMemoryAuditLog final : public AuditLog {
  public:
    void append(domain::AuditEntry entry, Completion<domain::AuditRecord> done) override;
    void list(AuditPage page, Completion<std::vector<domain::AuditRecord>> done) override;
    void verify(Completion<domain::AuditVerdict> done) override;

  private:
    struct Rows {
        std::vector<domain::AuditRecord> records;
        domain::AuditHead head;
    };

    Guarded<Rows> rows_;
};

}  // namespace darkroom::storage
