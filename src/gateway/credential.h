// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "http/message.h"

namespace darkroom::gateway {

/// Name of the session's cookie.
inline constexpr const char* kSessionCookie = "darkroom_session";

enum class CredentialKind { none, key, password, session, ticket, malformed };

/// What a request shows of itself, not yet checked.
struct Credential {
    CredentialKind kind = CredentialKind::none;
    /// With a password.
    std::string user = {};
    /// The text of the key, password, token or ticket.
    std::string secret = {};
    /// A browser sends a session's cookie on its own, and goes on when it has expired; old clients
    /// send a Token to servers that never asked for one.
    bool is_unasked = false;
};

/// Reads, in this order, `Authorization` (Bearer with a key or a session's token; Basic with a name
/// and password, or with a key in either place), `X-API-Key`, `Token`, the session's cookie, and on
/// GET the query's `ticket`. The first that is there counts. Keys in the query are not looked at.
Credential credential_of(const http::Request& request);

}  // namespace darkroom::gateway
