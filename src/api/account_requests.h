// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/refusal.h"
#include "domain/api_key.h"
#include "domain/tenant.h"
#include "domain/user.h"

/// Bodies of the log-in and of the administration. All but the log-in are read strictly: a member
/// that is not known is refused with 422 and its name, as is one of the wrong type.
namespace darkroom::api {

struct LoginRequest {
    std::string user;
    std::string password;
};

/// {"userName", "password"} in any case. Refuses with 400 "bad request body" what is no such
/// object.
Outcome<LoginRequest> parse_login(std::string_view body);

/// {"tenant", "scopes": ["generate"], "label"?, "expiresInSeconds"?}.
Outcome<domain::KeyOrder> parse_key_order(std::string_view body, std::int64_t now_ms);

struct UserOrder {
    std::string name;
    std::string password;
    /// The name, when it is not given.
    std::string tenant;
    domain::Role role = domain::Role::user;
};

/// {"userName", "password", "tenant"?, "role"?}.
Outcome<UserOrder> parse_user_order(std::string_view body);

/// {"quotas": {"queuedTasks"?, "queuedSeconds"?, "picturesPerDay"?, "requestsPerSecond"?}}: the
/// whole settings; what is absent or null has no bound.
Outcome<domain::Quotas> parse_tenant_settings(std::string_view body);

}  // namespace darkroom::api
