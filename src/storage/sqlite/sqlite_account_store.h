// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/account_store.h"
#include "storage/sqlite/sqlite_database.h"

namespace darkroom::storage {

/// AccountStore in a SqliteDatabase.
class SqliteAccountStore final : public AccountStore {
  public:
    explicit SqliteAccountStore(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

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
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace darkroom::storage
