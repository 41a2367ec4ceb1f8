// SPDX-License-Identifier: Apache-2.0
// darkroom key and user work on the data folder while no server uses it; audit only reads it.
#include <termios.h>
#include <unistd.h>

#include <ctime>
#include <functional>
#include <iostream>
#include <memory>

#include "base/clock.h"
#include "base/format.h"
#include "base/password.h"
#include "command.h"
#include "console.h"
#include "data_folder.h"
#include "domain/user.h"
#include "storage/sqlite/database_copy.h"
#include "storage/sqlite/sqlite_account_store.h"
#include "storage/sqlite/sqlite_audit_log.h"

namespace darkroom::app {
namespace {

using storage::AccountStore;
using storage::AuditLog;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMaxDays = 36'500;

/// The stores of a data folder.
struct Accounts {
    std::unique_ptr<SystemClock> clock;
    std::unique_ptr<AccountStore> store;
    std::unique_ptr<AuditLog> audit;
};

Error no_data_folder(const std::filesystem::path& data) {
    return Error{ErrorCode::not_found, format("--data: no server's folder: {}", data.string())};
}

/// Of a folder that a server or one of these commands has used before. Fails with not_found.
Result<Accounts> open(const std::filesystem::path& data);

/// The same, made where there is none.
Result<Accounts> open_or_make(const std::filesystem::path& data) {
    DARKROOM_TRY(prepare_data_folder(data));
    auto clock = std::make_unique<SystemClock>();
    auto database = storage::SqliteDatabase::open(data / "tasks.db", *clock);
    if (!database && database.error().code == ErrorCode::conflict) {
        return Error{
            ErrorCode::conflict,
            database.error().message +
                "; ask it instead: GET and POST /admin/keys and "
                "/admin/users, DELETE /admin/keys/ID and /admin/users/NAME, "
                "GET /admin/audit"};
    }
    if (!database) return database.error();
    Accounts accounts;
    accounts.clock = std::move(clock);
    accounts.store = std::make_unique<storage::SqliteAccountStore>(*database);
    accounts.audit = std::make_unique<storage::SqliteAuditLog>(*database);
    return accounts;
}

Result<Accounts> open(const std::filesystem::path& data) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(data / "tasks.db", error)) {
        return no_data_folder(data);
    }
    return open_or_make(data);
}

Result<void> record(Accounts& accounts, const char* action, std::string subject) {
    domain::AuditEntry entry;
    entry.at_ms = accounts.clock->wall_ms();
    entry.actor = "command line";
    entry.action = action;
    entry.subject = std::move(subject);
    entry.outcome = "ok";
    DARKROOM_TRY(storage::wait(*accounts.audit, &AuditLog::append, std::move(entry)));
    return {};
}

int exit_status(const Result<void>& result) {
    if (result) return kSuccess;
    print_error(result.error());
    return kFailure;
}

std::string day_of(std::optional<std::int64_t> wall_ms) {
    if (!wall_ms) return "-";
    const auto seconds = static_cast<std::time_t>(*wall_ms / 1000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    return format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

/// One line from stdin; a terminal does not show it.
std::string read_password() {
    const bool is_terminal = ::isatty(STDIN_FILENO) == 1;
    termios before{};
    if (is_terminal) {
        std::cerr << "Password: " << std::flush;
        ::tcgetattr(STDIN_FILENO, &before);
        termios silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    std::string line;
    std::getline(std::cin, line);
    if (is_terminal) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        std::cerr << '\n';
    }
    return line;
}

Result<void> do_create_key(const KeyOptions& options) {
    DARKROOM_TRY_ASSIGN(Accounts accounts, open_or_make(options.data));
    domain::KeyOrder order;
    order.tenant = options.tenant;
    order.label = options.label;
    for (const std::string& word : options.scopes) {
        DARKROOM_TRY_ASSIGN(const domain::Scopes scopes, domain::Scopes::parse(word));
        for (const domain::Scope scope : domain::kScopes) {
            if (scopes.contains(scope)) order.scopes.add(scope);
        }
    }
    const std::int64_t now = accounts.clock->wall_ms();
    if (options.expires_days) {
        if (*options.expires_days < 1 || *options.expires_days > kMaxDays) {
            return Error{ErrorCode::invalid_argument, "must be from 1 to 36500", "--expires-days"};
        }
        order.expires_ms = now + *options.expires_days * kDayMs;
    }
    DARKROOM_TRY_ASSIGN(const domain::IssuedKey issued, domain::issue_key(std::move(order), now));
    DARKROOM_TRY(storage::wait(*accounts.store, &AccountStore::add_key, issued.key));
    const domain::ApiKey& key = issued.key;
    DARKROOM_TRY(
        record(accounts, "key.create", format("{} {} {}", key.id, key.tenant, key.scopes.text())));
    std::cout << issued.text << '\n';
    return {};
}

Result<void> do_list_keys(const KeyOptions& options) {
    DARKROOM_TRY_ASSIGN(Accounts accounts, open(options.data));
    DARKROOM_TRY_ASSIGN(
        const std::vector<domain::ApiKey> keys,
        storage::wait(*accounts.store, &AccountStore::list_keys, storage::KeyFilter{}));
    std::cout << format(
        "{:16}  {:16}  {:21}  {:10}  {:10}  {:10}  {}\n",
        "id",
        "tenant",
        "scopes",
        "created",
        "expires",
        "last used",
        "label");
    for (const domain::ApiKey& key : keys) {
        std::cout << format(
            "{:16}  {:16}  {:21}  {:10}  {:10}  {:10}  {}\n",
            key.id,
            key.tenant,
            key.scopes.text(),
            day_of(key.created_ms),
            key.revoked_ms ? "revoked" : day_of(key.expires_ms),
            day_of(key.last_used_ms),
            key.label);
    }
    return {};
}

Result<void> do_revoke_key(const KeyOptions& options) {
    DARKROOM_TRY_ASSIGN(Accounts accounts, open(options.data));
    const storage::KeyMoment moment{options.id, accounts.clock->wall_ms()};
    DARKROOM_TRY(storage::wait(*accounts.store, &AccountStore::revoke_key, moment));
    return record(accounts, "key.revoke", options.id);
}

Result<void> do_add_user(const UserOptions& options) {
    const std::string tenant = options.tenant.empty() ? options.name : options.tenant;
    DARKROOM_TRY(domain::check_user_name(options.name));
    DARKROOM_TRY(domain::check_tenant_name(tenant));
    DARKROOM_TRY_ASSIGN(const domain::Role role, domain::parse_role(options.role));
    DARKROOM_TRY_ASSIGN(Accounts accounts, open_or_make(options.data));
    const std::string password = read_password();
    DARKROOM_TRY(domain::check_password(password));
    const domain::User user{
        options.name, tenant, role, hash_password(password), accounts.clock->wall_ms()};
    DARKROOM_TRY(storage::wait(*accounts.store, &AccountStore::add_user, user));
    return record(
        accounts, "user.create", format("{} {} {}", user.name, tenant, domain::to_string(role)));
}

Result<void> do_remove_user(const UserOptions& options) {
    DARKROOM_TRY_ASSIGN(Accounts accounts, open(options.data));
    DARKROOM_TRY(storage::wait(*accounts.store, &AccountStore::remove_user, options.name));
    return record(accounts, "user.remove", options.name);
}

Result<void> do_verify_audit(const AuditOptions& options) {
    const std::filesystem::path file = options.data / "tasks.db";
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) return no_data_folder(options.data);
    DARKROOM_TRY_ASSIGN(storage::DatabaseReader reader, storage::DatabaseReader::open(file));
    DARKROOM_TRY_ASSIGN(const storage::AuditReport report, reader.verify_audit());
    const domain::AuditVerdict& verdict = report.verdict;
    if (verdict.problem) {
        return Error{ErrorCode::corrupt_input, "the audit log is not whole: " + *verdict.problem};
    }
    if (verdict.records == 0 && report.accounts > 0) {
        return Error{
            ErrorCode::corrupt_input,
            "the audit log is not whole: it is empty, but keys or users were made"};
    }
    std::cout << format("{} records, whole; head {}\n", verdict.records, verdict.head.hash);
    return {};
}

}  // namespace

int create_key(const KeyOptions& options) {
    return exit_status(do_create_key(options));
}

int list_keys(const KeyOptions& options) {
    return exit_status(do_list_keys(options));
}

int revoke_key(const KeyOptions& options) {
    return exit_status(do_revoke_key(options));
}

int add_user(const UserOptions& options) {
    return exit_status(do_add_user(options));
}

int remove_user(const UserOptions& options) {
    return exit_status(do_remove_user(options));
}

int verify_audit(const AuditOptions& options) {
    return exit_status(do_verify_audit(options));
}

}  // namespace darkroom::app
