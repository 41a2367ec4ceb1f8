// SPDX-License-Identifier: Apache-2.0
#include "domain/api_key.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "base/format.h"
#include "base/hmac.h"
#include "base/random.h"
#include "base/sha256.h"
#include "domain/tenant.h"

namespace darkroom::domain {
namespace {

constexpr std::string_view kPrefix = "drk_";
constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kSecretDigits = 64;
constexpr std::size_t kMaxLabel = 200;

bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string_view to_string(Scope scope) {
    switch (scope) {
        case Scope::generate:
            return "generate";
        case Scope::models:
            return "models";
        case Scope::admin:
            return "admin";
    }
    DARKROOM_CHECK(false, "scope {}", static_cast<int>(scope));
}

Scopes::Scopes(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes)
        add(scope);
}

Result<Scopes> Scopes::parse(std::string_view text) {
    Scopes scopes;
    while (true) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view word = text.substr(0, end);
        const auto* scope = std::ranges::find(kScopes, word, [](Scope s) { return to_string(s); });
        if (scope == kScopes.end()) {
            return Error{
                ErrorCode::invalid_argument,
                "scopes are generate, models and admin, at least one of them",
                "scopes"};
        }
        scopes.add(*scope);
        if (end == text.size()) return scopes;
        text.remove_prefix(end + 1);
    }
}

std::string Scopes::text() const {
    std::string words;
    for (const Scope scope : kScopes) {
        if (!contains(scope)) continue;
        if (!words.empty()) words += ',';
        words += to_string(scope);
    }
    return words;
}

Result<IssuedKey> issue_key(KeyOrder order, std::int64_t now_ms) {
    DARKROOM_TRY(check_tenant_name(order.tenant));
    if (order.label.size() > kMaxLabel || std::ranges::any_of(order.label, is_control) ||
        !is_valid_utf8(order.label)) {
        return Error{
            ErrorCode::invalid_argument, "a label is at most 200 bytes of plain text", "label"};
    }
    if (order.scopes == Scopes()) {
        return Error{ErrorCode::invalid_argument, "a key needs at least one scope", "scopes"};
    }
    if (order.expires_ms && *order.expires_ms <= now_ms) {
        return Error{ErrorCode::invalid_argument, "a key ends in the future", "expires"};
    }
    const std::string secret = random_id() + random_id();
    ApiKey key;
    key.id = random_id().substr(0, kIdDigits);
    key.tenant = std::move(order.tenant);
    key.label = std::move(order.label);
    key.scopes = order.scopes;
    key.secret_hash = sha256_hex(secret);
    key.created_ms = now_ms;
    key.expires_ms = order.expires_ms;
    std::string text = format("{}{}_{}", kPrefix, key.id, secret);
    return IssuedKey{std::move(key), std::move(text)};
}

Result<KeyText> parse_key_text(std::string_view text) {
    const Error bad{ErrorCode::unauthenticated, "this is no key"};
    if (text.size() != kPrefix.size() + kIdDigits + 1 + kSecretDigits) return bad;
    if (!text.starts_with(kPrefix)) return bad;
    text.remove_prefix(kPrefix.size());
    const std::string_view id = text.substr(0, kIdDigits);
    const std::string_view secret = text.substr(kIdDigits + 1);
    if (text[kIdDigits] != '_' || !is_hex(id) || !is_hex(secret)) return bad;
    return KeyText{std::string(id), std::string(secret)};
}

KeyVerdict judge(const ApiKey& key, const KeyText& shown, std::int64_t now_ms) {
    if (!equal_in_constant_time(sha256_hex(shown.secret), key.secret_hash)) {
        return KeyVerdict::wrong_secret;
    }
    if (key.revoked_ms) return KeyVerdict::revoked;
    if (key.expires_ms && *key.expires_ms <= now_ms) return KeyVerdict::expired;
    return KeyVerdict::good;
}

std::string_view to_string(KeyVerdict verdict) {
    switch (verdict) {
        case KeyVerdict::good:
            return "good";
        case KeyVerdict::wrong_secret:
            return "wrong secret";
        case KeyVerdict::revoked:
            return "revoked";
        case KeyVerdict::expired:
            return "expired";
    }
    DARKROOM_CHECK(false, "verdict {}", static_cast<int>(verdict));
}

}  // namespace darkroom::domain
