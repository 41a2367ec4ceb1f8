// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/guarded.h"
#include "domain/user.h"
#include "gateway/caller.h"
#include "gateway/credential.h"
#include "gateway/leaky_buckets.h"
#include "gateway/ticket_box.h"
#include "gateway/withdrawals.h"
#include "runtime/blocking_pool.h"
#include "storage/account_store.h"
#include "storage/audit_log.h"

namespace darkroom::gateway {

/// Where a request came from, and the name it has in logs.
struct Origin {
    std::string address;
    std::string request_id;
};

/// Why a request is not let in.
struct Denial {
    int status = 401;
    std::string message = {};
    /// 0 when waiting does not help.
    std::int64_t retry_after_s = 0;
};

using Identity = std::variant<Caller, Denial>;

/// A new session: its token, which is shown this once, and whose it is.
struct LogIn {
    std::string token;
    Caller caller;
};

/// Says who stands behind a credential. An address that showed too many wrong ones is locked out
/// for a while, with right ones too: 1,000 keys, or 20 passwords, each of which costs a fifth of a
/// second. Thread-safe.
class Authenticator {
  public:
    static constexpr BucketSize kWrongKeys{.capacity = 1000, .per_second = 1000.0 / 900.0};
    static constexpr BucketSize kWrongPasswords{.capacity = 20, .per_second = 20.0 / 300.0};

    /// What it works with; all of it outlives the authenticator.
    struct Surroundings {
        storage::AccountStore& accounts;
        storage::AuditLog& audit;
        runtime::BlockingPool& blocking;
        Clock& clock;
    };

    /// Where no credentials are required, a request without one is the tenant "local", which may do
    /// everything.
    Authenticator(Surroundings surroundings, bool requires_credentials);

    boost::asio::awaitable<Identity> identify(Credential credential, Origin origin);

    /// Makes a session that lasts an hour after its last use.
    boost::asio::awaitable<std::variant<LogIn, Denial>> log_in(
        std::string user, std::string password, Origin origin);

    /// Fails with not_found for a credential that is no session.
    runtime::Task<void> log_out(Credential credential);

    [[nodiscard]] TicketBox& tickets() { return tickets_; }

    /// Wall time until which a grant is good if nobody withdraws it, as the store says now. Fails
    /// with unauthenticated when it is good no more, or as the store.
    runtime::Task<std::int64_t> good_until(Grant grant);

    /// Has to be told of every key that is revoked and of every user that is removed.
    [[nodiscard]] Withdrawals& withdrawals() { return withdrawals_; }

    [[nodiscard]] std::int64_t wall_ms() const { return surroundings_.clock.wall_ms(); }

    /// Appends to the audit log and waits for the commit; a failure is logged.
    boost::asio::awaitable<void> record(domain::AuditEntry entry);

    /// An entry on what the caller of a request did.
    domain::AuditEntry entry_of(const Caller& caller, const std::string& address);

  private:
    [[nodiscard]] Identity without_credential() const;
    Denial wrong_key(const Origin& origin, std::string message);
    Identity unknown_session(const Credential& credential, const Origin& origin);
    void record_later(domain::AuditEntry entry);
    void note_use(const domain::ApiKey& key);
    boost::asio::awaitable<Identity> by_key(std::string text, Origin origin);
    boost::asio::awaitable<Identity> by_session(Credential credential, Origin origin);
    boost::asio::awaitable<Identity> by_password(
        std::string name, std::string password, Origin origin);
    boost::asio::awaitable<Identity> by_ticket(std::string ticket, Origin origin);
    runtime::Task<std::int64_t> key_good_until(std::string id);
    runtime::Task<std::int64_t> session_good_until(std::string hash);
    std::string proof_of(const domain::User& user, const std::string& password) const;
    bool is_proven(const std::string& proof);
    void remember(const std::string& proof);

    Surroundings surroundings_;
    bool requires_credentials_;
    TicketBox tickets_;
    Withdrawals withdrawals_;
    LeakyBuckets wrong_keys_;
    LeakyBuckets wrong_passwords_;
    /// Keys the digests below; never leaves this process.
    std::string proof_secret_;
    /// Digests of names with passwords that were right, and until when that is believed: a client
    /// of HTTP Basic sends its password with every request.
    Guarded<std::map<std::string, std::int64_t>> proofs_;
};

}  // namespace darkroom::gateway
