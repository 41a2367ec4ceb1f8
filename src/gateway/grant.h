// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace darkroom::gateway {

enum class GrantKind { none, key, session, password };

/// What a caller's rights come from. It may be withdrawn or expire while something goes on that it
/// allowed.
struct Grant {
    /// `none` where no credentials are asked for: that lasts.
    GrantKind kind = GrantKind::none;
    /// Id of the key, or SHA-256 of the session's token.
    std::string id = {};
    /// Of a session or password: whose it is, and when that user was made.
    std::string user = {};
    std::int64_t user_created_ms = 0;
};

}  // namespace darkroom::gateway
