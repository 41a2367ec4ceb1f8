// SPDX-License-Identifier: Apache-2.0
#include "domain/user.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/random.h"

namespace darkroom::domain {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMinPassword = 8;
constexpr std::size_t kMaxPassword = 1024;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '@' || c == '-';
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string_view to_string(Role role) {
    return role == Role::admin ? "admin" : "user";
}

Result<Role> parse_role(std::string_view text) {
    if (text == "user") return Role::user;
    if (text == "admin") return Role::admin;
    return Error{ErrorCode::invalid_argument, "a role is user or admin", "role"};
}

Scopes scopes_of(Role role) {
    if (role == Role::admin) return {Scope::generate, Scope::models, Scope::admin};
    return {Scope::generate, Scope::models};
}

Result<void> check_user_name(std::string_view name) {
    const bool fits = !name.empty() && name.size() <= kMaxName && is_alphanumeric(name.front()) &&
                      std::ranges::all_of(name, is_name_character);
    if (fits) return {};
    return Error{
        ErrorCode::invalid_argument,
        "a user's name is 1 to 64 letters, digits and '.', '_', '@', '-', the first a letter or a "
        "digit",
        "userName"};
}

Result<void> check_password(std::string_view password) {
    const bool fits = password.size() >= kMinPassword && password.size() <= kMaxPassword &&
                      std::ranges::none_of(password, is_control) && is_valid_utf8(password);
    if (fits) return {};
    return Error{
        ErrorCode::invalid_argument,
        "a password is 8 to 1024 bytes without control characters",
        "password"};
}

std::string random_token() {
    return random_id() + random_id();
}

}  // namespace darkroom::domain
