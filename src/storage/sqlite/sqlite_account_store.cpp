// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_account_store.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace darkroom::storage {
namespace {

constexpr const char* kSelectKeys =
    "SELECT id, tenant, label, scopes, secret_hash, created_ms, expires_ms, last_used_ms,"
    " revoked_ms FROM api_key WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR tenant = ?2)"
    " ORDER BY sequence";
constexpr const char* kSelectUsers =
    "SELECT name, tenant, role, password_hash, created_ms FROM account"
    " WHERE ?1 IS NULL OR name = ?1 ORDER BY name";

/// Runs a statement that returns no rows: how many rows it changed.
template <class... Values>
Result<std::int64_t> change(Connection& connection, std::string_view sql, const Values&... values) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(sql));
    statement.bind_all(values...);
    DARKROOM_TRY(statement.run());
    return connection.changed_rows();
}

/// The same where no change at all is an error.
template <class... Values>
Result<void> change_one(
    Connection& connection, const Error& absent, std::string_view sql, const Values&... values) {
    DARKROOM_TRY_ASSIGN(const std::int64_t rows, change(connection, sql, values...));
    if (rows == 0) return absent;
    return {};
}

template <class... Values>
Result<bool> exists(Connection& connection, std::string_view sql, const Values&... values) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(sql));
    statement.bind_all(values...);
    return statement.step();
}

std::optional<double> optional_real(const Statement& statement, int column) {
    if (statement.is_null(column)) return std::nullopt;
    return statement.real(column);
}

Result<domain::Tenant> read_tenant(Connection& connection, const std::string& name) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("SELECT queued_tasks, queued_seconds, pictures_per_day,"
                           " requests_per_second, created_ms FROM tenant WHERE name = ?"));
    statement.bind_all(name);
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    if (!has_row) return no_such_tenant();
    domain::Tenant tenant;
    tenant.name = name;
    tenant.quotas.queued_tasks = statement.optional_integer(0);
    tenant.quotas.queued_seconds = optional_real(statement, 1);
    tenant.quotas.pictures_per_day = statement.optional_integer(2);
    tenant.quotas.requests_per_second = optional_real(statement, 3);
    tenant.created_ms = statement.integer(4);
    return tenant;
}

Result<domain::Tenant> write_tenant(Connection& connection, const domain::Tenant& tenant) {
    const domain::Quotas& quotas = tenant.quotas;
    DARKROOM_TRY(change(
        connection,
        "INSERT INTO tenant (name, queued_tasks, queued_seconds, pictures_per_day,"
        " requests_per_second, created_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET queued_tasks = excluded.queued_tasks, queued_seconds = excluded.queued_seconds,"
        " pictures_per_day = excluded.pictures_per_day,"
        " requests_per_second = excluded.requests_per_second",
        tenant.name,
        quotas.queued_tasks,
        quotas.queued_seconds,
        quotas.pictures_per_day,
        quotas.requests_per_second,
        tenant.created_ms));
    return read_tenant(connection, tenant.name);
}

Result<void> insert_key(Connection& connection, const domain::ApiKey& key) {
    DARKROOM_TRY_ASSIGN(
        const bool is_taken, exists(connection, "SELECT 1 FROM api_key WHERE id = ?", key.id));
    if (is_taken) return key_id_taken();
    const std::string scopes = key.scopes.text();
    DARKROOM_TRY(change(
        connection,
        "INSERT INTO api_key (id, tenant, label, scopes, secret_hash, created_ms, expires_ms,"
        " last_used_ms, revoked_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        key.id,
        key.tenant,
        key.label,
        scopes,
        key.secret_hash,
        key.created_ms,
        key.expires_ms,
        key.last_used_ms,
        key.revoked_ms));
    return {};
}

Result<std::vector<domain::ApiKey>> read_keys(
    Connection& connection,
    const std::optional<std::string>& id,
    const std::optional<std::string>& tenant) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(kSelectKeys));
    statement.bind_all(id, tenant);
    std::vector<domain::ApiKey> keys;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return keys;
        domain::ApiKey key;
        key.id = statement.text(0);
        key.tenant = statement.text(1);
        key.label = statement.text(2);
        DARKROOM_TRY_ASSIGN(key.scopes, domain::Scopes::parse(statement.text(3)));
        key.secret_hash = statement.text(4);
        key.created_ms = statement.integer(5);
        key.expires_ms = statement.optional_integer(6);
        key.last_used_ms = statement.optional_integer(7);
        key.revoked_ms = statement.optional_integer(8);
        keys.push_back(std::move(key));
    }
}

Result<std::vector<domain::User>> read_users(
    Connection& connection, const std::optional<std::string>& name) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(kSelectUsers));
    statement.bind_all(name);
    std::vector<domain::User> users;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return users;
        domain::User user;
        user.name = statement.text(0);
        user.tenant = statement.text(1);
        DARKROOM_TRY_ASSIGN(user.role, domain::parse_role(statement.text(2)));
        user.password_hash = statement.text(3);
        user.created_ms = statement.integer(4);
        users.push_back(std::move(user));
    }
}

Result<void> insert_user(Connection& connection, const domain::User& user) {
    DARKROOM_TRY_ASSIGN(
        const bool is_taken, exists(connection, "SELECT 1 FROM account WHERE name = ?", user.name));
    if (is_taken) return user_name_taken();
    const std::string_view role = domain::to_string(user.role);
    DARKROOM_TRY(change(
        connection,
        "INSERT INTO account (name, tenant, role, password_hash, created_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        user.name,
        user.tenant,
        role,
        user.password_hash,
        user.created_ms));
    return {};
}

Result<void> insert_session(
    Connection& connection, const domain::Session& session, std::int64_t now_ms) {
    DARKROOM_TRY(change(connection, "DELETE FROM session WHERE expires_ms <= ?", now_ms));
    DARKROOM_TRY_ASSIGN(
        const bool has_user,
        exists(connection, "SELECT 1 FROM account WHERE name = ?", session.user));
    if (!has_user) return no_such_user();
    DARKROOM_TRY(change(
        connection,
        "INSERT OR REPLACE INTO session (token_hash, user, expires_ms) VALUES (?, ?, ?)",
        session.token_hash,
        session.user,
        session.expires_ms));
    return {};
}

Result<domain::Session> read_session(Connection& connection, const std::string& token_hash) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("SELECT user, expires_ms FROM session WHERE token_hash = ?"));
    statement.bind_all(token_hash);
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    if (!has_row) return no_such_session();
    return domain::Session{token_hash, statement.text(0), statement.integer(1)};
}

Result<std::int64_t> pictures_of_day(Connection& connection, const PictureCharge& charge) {
    DARKROOM_TRY_ASSIGN(
        Statement statement,
        connection.prepare("SELECT pictures FROM tenant_usage WHERE tenant = ? AND day = ?"));
    statement.bind_all(charge.tenant, charge.day);
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    return has_row ? statement.integer(0) : 0;
}

Result<std::int64_t> add_pictures(Connection& connection, const PictureCharge& charge) {
    DARKROOM_TRY_ASSIGN(const std::int64_t used, pictures_of_day(connection, charge));
    const std::int64_t after = std::max<std::int64_t>(0, used + charge.pictures);
    if (charge.pictures > 0 && charge.limit && after > *charge.limit) return too_many_pictures();
    DARKROOM_TRY(change(
        connection,
        "INSERT OR REPLACE INTO tenant_usage (tenant, day, pictures) VALUES (?, ?, ?)",
        charge.tenant,
        charge.day,
        after));
    return after;
}

template <class T>
Result<T> only(Result<std::vector<T>> rows, const Error& absent) {
    if (!rows) return rows.error();
    if (rows->empty()) return absent;
    return std::move(rows->front());
}

}  // namespace

void SqliteAccountStore::set_tenant(domain::Tenant tenant, Completion<domain::Tenant> done) {
    database_->writer().enqueue<domain::Tenant>(
        [tenant = std::move(tenant)](Connection& connection) {
            return write_tenant(connection, tenant);
        },
        std::move(done));
}

void SqliteAccountStore::get_tenant(std::string name, Completion<domain::Tenant> done) {
    database_->writer().enqueue<domain::Tenant>(
        [name = std::move(name)](Connection& connection) { return read_tenant(connection, name); },
        std::move(done));
}

void SqliteAccountStore::add_key(domain::ApiKey key, Completion<void> done) {
    database_->writer().enqueue<void>(
        [key = std::move(key)](Connection& connection) { return insert_key(connection, key); },
        std::move(done));
}

void SqliteAccountStore::get_key(std::string id, Completion<domain::ApiKey> done) {
    database_->writer().enqueue<domain::ApiKey>(
        [id = std::move(id)](Connection& connection) {
            return only(read_keys(connection, id, std::nullopt), no_such_key());
        },
        std::move(done));
}

void SqliteAccountStore::list_keys(KeyFilter filter, Completion<std::vector<domain::ApiKey>> done) {
    database_->writer().enqueue<std::vector<domain::ApiKey>>(
        [filter = std::move(filter)](Connection& connection) {
            return read_keys(connection, std::nullopt, filter.tenant);
        },
        std::move(done));
}

void SqliteAccountStore::revoke_key(KeyMoment moment, Completion<void> done) {
    database_->writer().enqueue<void>(
        [moment = std::move(moment)](Connection& connection) {
            return change_one(
                connection,
                no_such_key(),
                "UPDATE api_key SET revoked_ms = coalesce(revoked_ms, ?) WHERE id = ?",
                moment.at_ms,
                moment.id);
        },
        std::move(done));
}

void SqliteAccountStore::note_key_use(KeyMoment moment, Completion<void> done) {
    database_->writer().enqueue<void>(
        [moment = std::move(moment)](Connection& connection) -> Result<void> {
            DARKROOM_TRY(change(
                connection,
                "UPDATE api_key SET last_used_ms = ? WHERE id = ?",
                moment.at_ms,
                moment.id));
            return {};
        },
        std::move(done));
}

void SqliteAccountStore::add_user(domain::User user, Completion<void> done) {
    database_->writer().enqueue<void>(
        [user = std::move(user)](Connection& connection) { return insert_user(connection, user); },
        std::move(done));
}

void SqliteAccountStore::get_user(std::string name, Completion<domain::User> done) {
    database_->writer().enqueue<domain::User>(
        [name = std::move(name)](Connection& connection) {
            return only(read_users(connection, name), no_such_user());
        },
        std::move(done));
}

void SqliteAccountStore::list_users(Completion<std::vector<domain::User>> done) {
    database_->writer().enqueue<std::vector<domain::User>>(
        [](Connection& connection) { return read_users(connection, std::nullopt); },
        std::move(done));
}

void SqliteAccountStore::remove_user(std::string name, Completion<void> done) {
    database_->writer().enqueue<void>(
        [name = std::move(name)](Connection& connection) {
            return change_one(
                connection, no_such_user(), "DELETE FROM account WHERE name = ?", name);
        },
        std::move(done));
}

void SqliteAccountStore::add_session(domain::Session session, Completion<void> done) {
    const std::int64_t now = database_->clock().wall_ms();
    database_->writer().enqueue<void>(
        [session = std::move(session), now](Connection& connection) {
            return insert_session(connection, session, now);
        },
        std::move(done));
}

void SqliteAccountStore::get_session(std::string token_hash, Completion<domain::Session> done) {
    database_->writer().enqueue<domain::Session>(
        [token_hash = std::move(token_hash)](Connection& connection) {
            return read_session(connection, token_hash);
        },
        std::move(done));
}

void SqliteAccountStore::extend_session(domain::Session session, Completion<void> done) {
    database_->writer().enqueue<void>(
        [session = std::move(session)](Connection& connection) -> Result<void> {
            DARKROOM_TRY(change(
                connection,
                "UPDATE session SET expires_ms = ? WHERE token_hash = ?",
                session.expires_ms,
                session.token_hash));
            return {};
        },
        std::move(done));
}

void SqliteAccountStore::remove_session(std::string token_hash, Completion<void> done) {
    database_->writer().enqueue<void>(
        [token_hash = std::move(token_hash)](Connection& connection) -> Result<void> {
            DARKROOM_TRY(
                change(connection, "DELETE FROM session WHERE token_hash = ?", token_hash));
            return {};
        },
        std::move(done));
}

void SqliteAccountStore::charge_pictures(PictureCharge charge, Completion<std::int64_t> done) {
    database_->writer().enqueue<std::int64_t>(
        [charge = std::move(charge)](Connection& connection) {
            return add_pictures(connection, charge);
        },
        std::move(done));
}

}  // namespace darkroom::storage
