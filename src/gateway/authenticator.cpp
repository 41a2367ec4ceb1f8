// SPDX-License-Identifier: Apache-2.0
#include "gateway/authenticator.h"

#include <limits>

#include "base/format.h"
#include "base/hmac.h"
#include "base/password.h"
#include "base/sha256.h"
#include "control/store_call.h"
#include "domain/tenant.h"
#include "telemetry/log.h"
#include "telemetry/log_failure.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using control::store_call;
using storage::AccountStore;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kProofMs = 5 * kMinuteMs;
constexpr std::size_t kMaxProofs = 1000;
/// Makes an unknown name as slow as a known one.
constexpr const char* kNobodysHash =
    "scrypt$15$8$3$00000000000000000000000000000000$"
    "0000000000000000000000000000000000000000000000000000000000000000";
constexpr const char* kNotKnown = "please login first or login expired";
constexpr const char* kWrong = "Incorrect username or password";

Denial locked_out(std::int64_t wait_s) {
    return {
        429,
        format("too many wrong keys or passwords from this address; try again in {} s", wait_s),
        wait_s};
}

Denial failed(const Error& error) {
    return {http_status(error.code), error.message};
}

/// Logged in with a session, or with a password where there is none.
Caller caller_for(const domain::User& user, std::string session = {}) {
    Caller caller{user.tenant, "user:" + user.name, domain::scopes_of(user.role)};
    caller.grant.kind = session.empty() ? GrantKind::password : GrantKind::session;
    caller.grant.id = std::move(session);
    caller.grant.user = user.name;
    caller.grant.user_created_ms = user.created_ms;
    return caller;
}

Error no_longer_good() {
    return Error{ErrorCode::unauthenticated, "the credential was withdrawn or has expired"};
}

/// What does not exist is not good; a store that cannot be read says nothing about it.
Error not_good(const Error& error) {
    return error.code == ErrorCode::not_found ? no_longer_good() : error;
}

}  // namespace

Authenticator::Authenticator(Surroundings surroundings, bool requires_credentials)
    : surroundings_(surroundings),
      requires_credentials_(requires_credentials),
      tickets_(surroundings.clock),
      wrong_keys_(surroundings.clock),
      wrong_passwords_(surroundings.clock),
      proof_secret_(domain::random_token()) {}

awaitable<Identity> Authenticator::identify(Credential credential, Origin origin) {
    if (credential.kind == CredentialKind::none) co_return without_credential();
    const std::int64_t wait = wrong_keys_.wait_s(source_of(origin.address), kWrongKeys);
    const bool is_needed = requires_credentials_ || !credential.is_unasked;
    if (wait > 0 && is_needed) co_return locked_out(wait);
    Identity identity = wrong_key(Origin(), "");
    switch (credential.kind) {
        case CredentialKind::key:
            identity = co_await by_key(std::move(credential.secret), std::move(origin));
            break;
        case CredentialKind::password:
            identity = co_await by_password(
                std::move(credential.user), std::move(credential.secret), std::move(origin));
            break;
        case CredentialKind::session:
            identity = co_await by_session(std::move(credential), std::move(origin));
            break;
        case CredentialKind::ticket:
            identity = co_await by_ticket(std::move(credential.secret), std::move(origin));
            break;
        case CredentialKind::none:
        case CredentialKind::malformed:
            identity = credential.is_unasked ? unknown_session(credential, origin)
                                             : Identity(wrong_key(origin, kWrong));
            break;
    }
    co_return identity;
}

Identity Authenticator::without_credential() const {
    if (requires_credentials_) return Denial{401, kNotKnown};
    return Caller{std::string(domain::kLocalTenant), "local", {domain::Scope::admin}};
}

Denial Authenticator::wrong_key(const Origin& origin, std::string message) {
    if (origin.address.empty()) return {401, std::move(message)};
    const std::string source = source_of(origin.address);
    wrong_keys_.take(source, kWrongKeys);
    if (wrong_keys_.wait_s(source, kWrongKeys) > 0) {
        domain::AuditEntry entry =
            entry_of({"", "anonymous", {}, origin.request_id}, origin.address);
        entry.action = "lock-out";
        entry.subject = source;
        entry.outcome = "too many wrong keys";
        record_later(std::move(entry));
    }
    return {401, std::move(message)};
}

awaitable<Identity> Authenticator::by_key(std::string text, Origin origin) {
    const auto shown = domain::parse_key_text(text);
    if (!shown) co_return wrong_key(origin, kWrong);
    std::string id = shown->id;
    const Result<domain::ApiKey> key =
        co_await store_call(surroundings_.accounts, &AccountStore::get_key, std::move(id));
    if (!key && key.error().code != ErrorCode::not_found) co_return failed(key.error());
    if (!key) co_return wrong_key(origin, kWrong);
    Caller caller{
        key->tenant, "key:" + key->id, key->scopes, origin.request_id, {GrantKind::key, key->id}};
    const auto verdict = domain::judge(*key, *shown, surroundings_.clock.wall_ms());
    if (verdict == domain::KeyVerdict::good) {
        note_use(*key);
        co_return caller;
    }
    domain::AuditEntry entry = entry_of(caller, origin.address);
    entry.action = "key.use";
    entry.subject = key->id;
    entry.outcome = domain::to_string(verdict);
    record_later(std::move(entry));
    co_return wrong_key(origin, kWrong);
}

/// At most once a minute: a busy key would write with every request.
void Authenticator::note_use(const domain::ApiKey& key) {
    const std::int64_t now = surroundings_.clock.wall_ms();
    if (now - key.last_used_ms.value_or(0) < kMinuteMs) return;
    surroundings_.accounts.note_key_use({key.id, now}, [](const Result<void>& noted) {
        if (!noted) log::failure(log::Level::warning, "key use not noted", noted.error());
    });
}

awaitable<Identity> Authenticator::by_session(Credential credential, Origin origin) {
    AccountStore& accounts = surroundings_.accounts;
    std::string hash = sha256_hex(credential.secret);
    Result<domain::Session> session =
        co_await store_call(accounts, &AccountStore::get_session, std::move(hash));
    if (!session && session.error().code != ErrorCode::not_found) co_return failed(session.error());
    const std::int64_t now = surroundings_.clock.wall_ms();
    if (!session || session->expires_ms <= now) co_return unknown_session(credential, origin);
    std::string name = session->user;
    const Result<domain::User> user =
        co_await store_call(accounts, &AccountStore::get_user, std::move(name));
    if (!user) co_return unknown_session(credential, origin);
    const std::int64_t end = now + domain::Session::kLifetimeMs;
    if (end - session->expires_ms >= kMinuteMs) {
        session->expires_ms = end;
        accounts.extend_session(*session, [](const Result<void>& extended) {
            if (!extended)
                log::failure(log::Level::warning, "session not extended", extended.error());
        });
    }
    co_return caller_for(*user, session->token_hash);
}

Identity Authenticator::unknown_session(const Credential& credential, const Origin& origin) {
    if (credential.is_unasked && !requires_credentials_) return without_credential();
    return wrong_key(origin, kNotKnown);
}

awaitable<Identity> Authenticator::by_ticket(std::string ticket, Origin origin) {
    const std::optional<Caller> caller = tickets_.redeem(ticket);
    if (!caller) co_return wrong_key(origin, "this ticket was used or has expired");
    // It is worth as much as what it was issued for.
    Grant grant = caller->grant;
    const Result<std::int64_t> until = co_await good_until(std::move(grant));
    if (until) co_return *caller;
    if (until.error().code != ErrorCode::unauthenticated) co_return failed(until.error());
    co_return wrong_key(origin, "this ticket was used or has expired");
}

runtime::Task<std::int64_t> Authenticator::good_until(Grant grant) {
    constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();
    std::int64_t until = kForEver;
    if (grant.kind == GrantKind::key) {
        const Result<std::int64_t> key = co_await key_good_until(std::move(grant.id));
        co_return key;
    }
    if (grant.kind == GrantKind::session) {
        const Result<std::int64_t> session = co_await session_good_until(std::move(grant.id));
        if (!session) co_return session.error();
        until = *session;
    }
    if (grant.kind == GrantKind::none) co_return until;
    const std::int64_t created_ms = grant.user_created_ms;
    const Result<domain::User> user =
        co_await store_call(surroundings_.accounts, &AccountStore::get_user, std::move(grant.user));
    if (!user) co_return not_good(user.error());
    // Another one of that name.
    if (user->created_ms != created_ms) co_return no_longer_good();
    co_return until;
}

runtime::Task<std::int64_t> Authenticator::key_good_until(std::string id) {
    const Result<domain::ApiKey> key =
        co_await store_call(surroundings_.accounts, &AccountStore::get_key, std::move(id));
    if (!key) co_return not_good(key.error());
    if (key->revoked_ms) co_return no_longer_good();
    const std::int64_t until = key->expires_ms.value_or(std::numeric_limits<std::int64_t>::max());
    if (until <= wall_ms()) co_return no_longer_good();
    co_return until;
}

runtime::Task<std::int64_t> Authenticator::session_good_until(std::string hash) {
    const Result<domain::Session> session =
        co_await store_call(surroundings_.accounts, &AccountStore::get_session, std::move(hash));
    if (!session) co_return not_good(session.error());
    if (session->expires_ms <= wall_ms()) co_return no_longer_good();
    co_return session->expires_ms;
}

std::string Authenticator::proof_of(const domain::User& user, const std::string& password) const {
    return hmac_sha256_hex(
        proof_secret_, format("{}\n{}\n{}", user.name, user.password_hash, password));
}

bool Authenticator::is_proven(const std::string& proof) {
    const auto proofs = proofs_.lock();
    const auto found = proofs->find(proof);
    return found != proofs->end() && found->second > surroundings_.clock.boot_ms();
}

void Authenticator::remember(const std::string& proof) {
    const auto proofs = proofs_.lock();
    if (proofs->size() >= kMaxProofs) proofs->clear();
    proofs->insert_or_assign(proof, surroundings_.clock.boot_ms() + kProofMs);
}

awaitable<Identity> Authenticator::by_password(
    std::string name, std::string password, Origin origin) {
    const std::string subject = domain::check_user_name(name) ? name : "";
    const Result<domain::User> user =
        co_await store_call(surroundings_.accounts, &AccountStore::get_user, std::move(name));
    if (!user && user.error().code != ErrorCode::not_found) co_return failed(user.error());
    const std::string proof = user ? proof_of(*user, password) : std::string();
    if (user && is_proven(proof)) co_return caller_for(*user);
    // Before the work, so that many guesses at once are no way around it.
    const std::string source = source_of(origin.address);
    const std::int64_t wait = wrong_passwords_.take(source, kWrongPasswords);
    if (wait > 0) co_return locked_out(wait);
    std::function<Result<bool>()> work = [hash = user ? user->password_hash : kNobodysHash,
                                          password]() -> Result<bool> {
        return password_matches(password, hash);
    };
    const Result<bool> matches =
        co_await surroundings_.blocking.run<bool>(std::move(work), runtime::Deadline::never());
    if (!matches) co_return failed(matches.error());
    if (user && *matches) {
        wrong_passwords_.give_back(source);
        remember(proof);
        co_return caller_for(*user);
    }
    domain::AuditEntry entry = entry_of({"", "anonymous", {}, origin.request_id}, origin.address);
    entry.action = "login";
    entry.subject = subject;
    entry.outcome = user ? "wrong password" : "unknown user";
    record_later(std::move(entry));
    co_return Denial{401, kWrong};
}

awaitable<std::variant<LogIn, Denial>> Authenticator::log_in(
    std::string user, std::string password, Origin origin) {
    const std::string name = user;
    const std::string address = origin.address;
    const std::string request_id = origin.request_id;
    Identity identity =
        co_await by_password(std::move(user), std::move(password), std::move(origin));
    if (const auto* denial = std::get_if<Denial>(&identity)) co_return *denial;
    LogIn log_in{domain::random_token(), std::get<Caller>(std::move(identity))};
    log_in.caller.request_id = request_id;
    domain::Session session{
        sha256_hex(log_in.token),
        name,
        surroundings_.clock.wall_ms() + domain::Session::kLifetimeMs};
    const Result<void> added =
        co_await store_call(surroundings_.accounts, &AccountStore::add_session, std::move(session));
    if (!added) co_return failed(added.error());
    domain::AuditEntry entry = entry_of(log_in.caller, address);
    entry.action = "login";
    entry.subject = name;
    entry.outcome = "ok";
    co_await record(std::move(entry));
    co_return log_in;
}

runtime::Task<void> Authenticator::log_out(Credential credential) {
    if (credential.kind != CredentialKind::session) co_return storage::no_such_session();
    std::string hash = sha256_hex(credential.secret);
    std::string wanted = hash;
    const Result<domain::Session> session =
        co_await store_call(surroundings_.accounts, &AccountStore::get_session, std::move(wanted));
    if (!session) co_return session.error();
    const std::string ended = hash;
    Result<void> removed =
        co_await store_call(surroundings_.accounts, &AccountStore::remove_session, std::move(hash));
    if (removed) withdrawals_.note_session(ended);
    co_return removed;
}

domain::AuditEntry Authenticator::entry_of(const Caller& caller, const std::string& address) {
    domain::AuditEntry entry;
    entry.at_ms = surroundings_.clock.wall_ms();
    entry.actor = caller.name;
    entry.tenant = caller.tenant;
    entry.request_id = caller.request_id;
    entry.address = address;
    return entry;
}

awaitable<void> Authenticator::record(domain::AuditEntry entry) {
    const std::string action = entry.action;
    const Result<domain::AuditRecord> appended =
        co_await store_call(surroundings_.audit, &storage::AuditLog::append, std::move(entry));
    if (appended || appended.error().code == ErrorCode::cancelled) co_return;
    log::error("audit log not written", {{"action", action}, {"reason", appended.error().message}});
}

void Authenticator::record_later(domain::AuditEntry entry) {
    surroundings_.audit.append(std::move(entry), [](const Result<domain::AuditRecord>& appended) {
        if (appended) return;
        log::failure(log::Level::error, "audit log not written", appended.error());
    });
}

}  // namespace darkroom::gateway
