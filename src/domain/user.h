// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/api_key.h"

namespace darkroom::domain {

enum class Role { user, admin };

std::string_view to_string(Role role);
/// Fails with invalid_argument (field "role").
Result<Role> parse_role(std::string_view text);

/// `user` draws and looks after models; `admin` may do everything.
Scopes scopes_of(Role role);

/// Somebody who logs in with a password.
struct User {
    std::string name;
    std::string tenant = {};
    Role role = Role::user;
    /// Of hash_password.
    std::string password_hash = {};
    std::int64_t created_ms = 0;
};

/// 1 to 64 of [A-Za-z0-9._@-], the first a letter or a digit. Fails with invalid_argument (field
/// "userName").
Result<void> check_user_name(std::string_view name);

/// 8 to 1024 bytes of UTF-8 without control characters. Fails with invalid_argument (field
/// "password"), without a word of the password.
Result<void> check_password(std::string_view password);

/// A log-in that lasts while it is used.
struct Session {
    /// How long it lasts after the last request.
    static constexpr std::int64_t kLifetimeMs = 3'600'000;

    /// SHA-256 of the token that the client holds.
    std::string token_hash;
    std::string user = {};
    std::int64_t expires_ms = 0;
};

/// 64 characters from the kernel's generator, for sessions and tickets.
std::string random_token();

}  // namespace darkroom::domain
