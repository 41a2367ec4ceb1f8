// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateway/authenticator.h"
#include "gateway/forwarded.h"
#include "gateway/quota_gate.h"
#include "gateway/route_access.h"

namespace darkroom::gateway {

struct AccessOptions {
    /// False only on loopback.
    bool requires_credentials = false;
    /// A request without a valid credential gets 410 and the reference's words, as its clients may
    /// depend on, instead of 401.
    bool is_strict = false;
    /// Whose X-Forwarded-For, -Proto and -Host are believed.
    ForwardingPolicy forwarding = {};
};

/// Everything that is between a request and its route: who calls, what they may, how much.
class AccessControl {
  public:
    AccessControl(Authenticator::Surroundings surroundings, AccessOptions options);

    /// For Router::set_guard; the object outlives the router. Every answer carries X-Request-Id:
    /// the client's own where that is a word of at most 64 characters; and is a line of the log,
    /// without what may be secret: query, headers, body.
    http::Guard guard();

    [[nodiscard]] Authenticator& authenticator() { return authenticator_; }
    [[nodiscard]] storage::AccountStore& accounts() { return surroundings_.accounts; }
    [[nodiscard]] storage::AuditLog& audit() { return surroundings_.audit; }
    [[nodiscard]] runtime::BlockingPool& blocking() { return surroundings_.blocking; }
    [[nodiscard]] Clock& clock() { return surroundings_.clock; }
    [[nodiscard]] const AccessOptions& options() const { return options_; }
    [[nodiscard]] QuotaGate& quota_gate() { return quota_gate_; }

    /// What the tenant may take, read once.
    runtime::Task<domain::Quotas> quotas_of(std::string tenant);
    /// Has to be told of every change.
    void note_quotas(const std::string& tenant, const domain::Quotas& quotas) {
        quotas_.lock()->insert_or_assign(tenant, quotas);
    }

    /// The answer that turns a request away, in the shape that clients of the path expect.
    [[nodiscard]] http::Response deny(const Denial& denial, std::string_view path) const;

    /// Writes to the audit log what the caller of a request did: "key.create" to "ID" came out
    /// "ok". A failed change that a route says nothing about is recorded for it.
    boost::asio::awaitable<void> record(
        const http::Request& request, std::string action, std::string subject, std::string outcome);

  private:
    boost::asio::awaitable<http::Response> admit(
        std::string route, http::Request request, http::Handler next);
    boost::asio::awaitable<http::Response> answer_audited(
        std::string route, http::Request request, http::Handler next);
    boost::asio::awaitable<void> record_failure(
        const http::Request& request, std::string action, std::string outcome);
    boost::asio::awaitable<std::variant<Caller, Denial>> judge(
        std::string route, Access access, Credential credential, Origin origin);
    boost::asio::awaitable<std::optional<Denial>> over_rate(std::string tenant);

    Authenticator::Surroundings surroundings_;
    AccessOptions options_;
    Authenticator authenticator_;
    QuotaGate quota_gate_;
    LeakyBuckets requests_;
    LeakyBuckets denials_;
    LeakyBuckets failures_;
    Guarded<std::map<std::string, domain::Quotas>> quotas_;
};

/// Where the request came from, and its name.
Origin origin_of(const http::Request& request);

}  // namespace darkroom::gateway
