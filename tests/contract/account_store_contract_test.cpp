// SPDX-License-Identifier: Apache-2.0
// Tenants, keys, users, sessions and usage; and the audit log.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/memory/in_memory_account_store.h"
#include "storage/sqlite/sqlite_account_store.h"
#include "storage/sqlite/sqlite_audit_log.h"

namespace darkroom::storage {
namespace {

using domain::ApiKey;
using domain::Scope;
using domain::Session;
using domain::Tenant;
using domain::User;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class StoreKind { memory, sqlite };

class AccountStoreContract : public ::testing::TestWithParam<StoreKind> {
  protected:
    AccountStoreContract() {
        std::filesystem::create_directories(folder_);
        if (GetParam() == StoreKind::memory) {
            store = std::make_unique<InMemoryAccountStore>(clock);
            log = std::make_unique<InMemoryAuditLog>();
        } else {
            auto database = SqliteDatabase::open(folder_ / "tasks.db", clock).value();
            store = std::make_unique<SqliteAccountStore>(database);
            log = std::make_unique<SqliteAuditLog>(database);
        }
    }
    ~AccountStoreContract() override {
        store.reset();
        log.reset();
        std::filesystem::remove_all(folder_);
    }

    static ApiKey key(std::string id, std::string tenant = "studio") {
        ApiKey key;
        key.id = std::move(id);
        key.tenant = std::move(tenant);
        key.label = "the shop's \"front\"; DROP TABLE api_key";
        key.scopes = {Scope::generate, Scope::models};
        key.secret_hash = std::string(64, 'a');
        key.created_ms = 7;
        return key;
    }
    static User user(std::string name) {
        return User{std::move(name), "studio", domain::Role::admin, "scrypt$...", 9};
    }
    static Session session(std::string user, char token, std::int64_t expires_ms) {
        return Session{std::string(64, token), std::move(user), expires_ms};
    }

    std::vector<std::string> key_ids(KeyFilter filter = {}) {
        std::vector<std::string> ids;
        const auto keys = wait(*store, &AccountStore::list_keys, std::move(filter)).value();
        for (const ApiKey& found : keys)
            ids.push_back(found.id);
        return ids;
    }
    Result<ApiKey> get_key(const std::string& id) {
        return wait(*store, &AccountStore::get_key, id);
    }
    Result<Session> get_session(char token) {
        return wait(*store, &AccountStore::get_session, std::string(64, token));
    }
    Result<std::int64_t> charge(std::int64_t pictures, std::optional<std::int64_t> limit = {}) {
        return wait(*store, &AccountStore::charge_pictures, {"studio", 20'000, pictures, limit});
    }

    FakeClock clock;
    std::unique_ptr<AccountStore> store;
    std::unique_ptr<AuditLog> log;

  private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-accounts-" + random_id());
};

TEST_P(AccountStoreContract, ATenantKeepsItsQuotasAndItsAge) {
    EXPECT_EQ(
        wait(*store, &AccountStore::get_tenant, std::string("studio")).error().code,
        ErrorCode::not_found);
    Tenant tenant{"studio", {10, 1.5, 1000, 0.25}, 5};
    EXPECT_EQ(wait(*store, &AccountStore::set_tenant, tenant).value().quotas, tenant.quotas);
    tenant.quotas = {.pictures_per_day = 3};
    tenant.created_ms = 99;
    EXPECT_EQ(wait(*store, &AccountStore::set_tenant, tenant).value().created_ms, 5);
    const Tenant found = wait(*store, &AccountStore::get_tenant, std::string("studio")).value();
    EXPECT_EQ(found.quotas, tenant.quotas);
    EXPECT_EQ(found.created_ms, 5);
    EXPECT_EQ(found.name, "studio");
}

TEST_P(AccountStoreContract, AKeyComesBackAsItWas) {
    ApiKey before = key("1");
    before.expires_ms = 100;
    ASSERT_TRUE(wait(*store, &AccountStore::add_key, before));
    const ApiKey after = get_key("1").value();
    EXPECT_EQ(after.tenant, before.tenant);
    EXPECT_EQ(after.label, before.label);
    EXPECT_EQ(after.scopes, before.scopes);
    EXPECT_EQ(after.secret_hash, before.secret_hash);
    EXPECT_EQ(after.created_ms, 7);
    EXPECT_EQ(after.expires_ms, 100);
    EXPECT_EQ(after.last_used_ms, std::nullopt);
    EXPECT_EQ(after.revoked_ms, std::nullopt);
    EXPECT_EQ(get_key("2").error().code, ErrorCode::not_found);
    EXPECT_EQ(wait(*store, &AccountStore::add_key, key("1")).error().code, ErrorCode::conflict);
}

TEST_P(AccountStoreContract, KeysAreListedOldestFirstAndByTenant) {
    for (const auto& [id, tenant] : {std::pair{"b", "studio"}, {"a", "shop"}, {"c", "studio"}})
        ASSERT_TRUE(wait(*store, &AccountStore::add_key, key(id, tenant)));
    EXPECT_THAT(key_ids(), ElementsAre("b", "a", "c"));
    EXPECT_THAT(key_ids({.tenant = "studio"}), ElementsAre("b", "c"));
    EXPECT_THAT(key_ids({.tenant = "nobody"}), IsEmpty());
}

TEST_P(AccountStoreContract, ARevokedKeyStaysRevokedAndListed) {
    ASSERT_TRUE(wait(*store, &AccountStore::add_key, key("1")));
    ASSERT_TRUE(wait(*store, &AccountStore::revoke_key, {"1", 50}));
    ASSERT_TRUE(wait(*store, &AccountStore::revoke_key, {"1", 60}));
    EXPECT_EQ(get_key("1").value().revoked_ms, 50);
    EXPECT_THAT(key_ids(), ElementsAre("1"));
    EXPECT_EQ(
        wait(*store, &AccountStore::revoke_key, {"2", 50}).error().code, ErrorCode::not_found);
}

TEST_P(AccountStoreContract, TheLastUseOfAKeyIsNoted) {
    ASSERT_TRUE(wait(*store, &AccountStore::add_key, key("1")));
    ASSERT_TRUE(wait(*store, &AccountStore::note_key_use, {"1", 70}));
    EXPECT_TRUE(wait(*store, &AccountStore::note_key_use, {"unknown", 70}));
    EXPECT_EQ(get_key("1").value().last_used_ms, 70);
}

TEST_P(AccountStoreContract, UsersAreAddedListedAndRemoved) {
    for (const char* name : {"bob", "ann"})
        ASSERT_TRUE(wait(*store, &AccountStore::add_user, user(name)));
    EXPECT_EQ(wait(*store, &AccountStore::add_user, user("ann")).error().code, ErrorCode::conflict);
    const User ann = wait(*store, &AccountStore::get_user, std::string("ann")).value();
    EXPECT_EQ(ann.tenant, "studio");
    EXPECT_EQ(ann.role, domain::Role::admin);
    EXPECT_EQ(ann.password_hash, "scrypt$...");
    EXPECT_EQ(ann.created_ms, 9);
    const auto users = wait(*store, &AccountStore::list_users).value();
    ASSERT_EQ(users.size(), 2U);
    EXPECT_EQ(users[0].name, "ann");
    EXPECT_EQ(users[1].name, "bob");
    ASSERT_TRUE(wait(*store, &AccountStore::remove_user, std::string("ann")));
    EXPECT_EQ(
        wait(*store, &AccountStore::remove_user, std::string("ann")).error().code,
        ErrorCode::not_found);
    EXPECT_EQ(
        wait(*store, &AccountStore::get_user, std::string("ann")).error().code,
        ErrorCode::not_found);
}

TEST_P(AccountStoreContract, ASessionCanBeExtendedAndEndsWithItsUser) {
    ASSERT_TRUE(wait(*store, &AccountStore::add_user, user("ann")));
    const std::int64_t later = clock.now_ms + 1000;
    ASSERT_TRUE(wait(*store, &AccountStore::add_session, session("ann", 'a', later)));
    ASSERT_TRUE(wait(*store, &AccountStore::extend_session, session("ann", 'a', later + 5)));
    ASSERT_TRUE(wait(*store, &AccountStore::extend_session, session("ann", 'b', later + 5)));
    EXPECT_EQ(get_session('a').value().expires_ms, later + 5);
    EXPECT_EQ(get_session('a').value().user, "ann");
    EXPECT_EQ(get_session('b').error().code, ErrorCode::not_found);
    ASSERT_TRUE(wait(*store, &AccountStore::remove_user, std::string("ann")));
    EXPECT_EQ(get_session('a').error().code, ErrorCode::not_found);
    EXPECT_EQ(
        wait(*store, &AccountStore::add_session, session("ann", 'a', later)).error().code,
        ErrorCode::not_found);
}

TEST_P(AccountStoreContract, ALogOutEndsOneSessionAndANewOneClearsThoseThatExpired) {
    ASSERT_TRUE(wait(*store, &AccountStore::add_user, user("ann")));
    const std::int64_t now = clock.now_ms;
    for (const char token : {'a', 'b', 'c'})
        ASSERT_TRUE(wait(*store, &AccountStore::add_session, session("ann", token, now + 10)));
    ASSERT_TRUE(wait(*store, &AccountStore::remove_session, std::string(64, 'a')));
    ASSERT_TRUE(wait(*store, &AccountStore::remove_session, std::string(64, 'a')));
    EXPECT_FALSE(get_session('a'));
    EXPECT_TRUE(get_session('b'));
    clock.now_ms += 10;
    ASSERT_TRUE(wait(*store, &AccountStore::add_session, session("ann", 'd', now + 20)));
    EXPECT_FALSE(get_session('b'));
    EXPECT_FALSE(get_session('c'));
    EXPECT_TRUE(get_session('d'));
}

TEST_P(AccountStoreContract, PicturesAreCountedByTheDayUpToTheLimit) {
    EXPECT_EQ(charge(3, 5).value(), 3);
    const auto refused = charge(3, 5);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(refused.error().field, "pictures_per_day");
    EXPECT_EQ(charge(2, 5).value(), 5);
    EXPECT_EQ(charge(-4, 1).value(), 1);
    EXPECT_EQ(charge(-4).value(), 0);
    EXPECT_EQ(charge(100).value(), 100);
    EXPECT_EQ(wait(*store, &AccountStore::charge_pictures, {"studio", 20'001, 1, 5}).value(), 1);
    EXPECT_EQ(wait(*store, &AccountStore::charge_pictures, {"shop", 20'000, 1, 5}).value(), 1);
}

TEST_P(AccountStoreContract, TheAuditLogIsListedNewestFirstAndIsWhole) {
    const std::vector<std::string> actions = {"login", "key.create", "key.revoke", "logout"};
    for (const std::string& action : actions)
        ASSERT_TRUE(wait(*log, &AuditLog::append, {.at_ms = 1, .action = action}));
    const auto page = wait(*log, &AuditLog::list, {.limit = 2}).value();
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].entry.action, "logout");
    EXPECT_EQ(page[0].sequence, 4);
    const auto rest = wait(*log, &AuditLog::list, {.before = page[1].sequence}).value();
    ASSERT_EQ(rest.size(), 2U);
    EXPECT_EQ(rest[0].entry.action, "key.create");
    EXPECT_EQ(rest[1].previous_hash, std::string(64, '0'));
    const domain::AuditVerdict verdict = wait(*log, &AuditLog::verify).value();
    EXPECT_EQ(verdict.problem, std::nullopt);
    EXPECT_EQ(verdict.records, 4);
    EXPECT_EQ(verdict.head.hash, page[0].hash);
    EXPECT_EQ(wait(*log, &AuditLog::list, {.limit = 0}).error().code, ErrorCode::invalid_argument);
}

std::string store_name(const ::testing::TestParamInfo<StoreKind>& kind) {
    return kind.param == StoreKind::memory ? "Memory" : "Sqlite";
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    AccountStoreContract,
    ::testing::Values(StoreKind::memory, StoreKind::sqlite),
    store_name);

}  // namespace
}  // namespace darkroom::storage
