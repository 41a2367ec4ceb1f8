// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom::domain {

/// What a credential is good for. `admin` includes the others.
enum class Scope { generate, models, admin };

inline constexpr std::array kScopes = {Scope::generate, Scope::models, Scope::admin};

std::string_view to_string(Scope scope);

/// A set of scopes.
class Scopes {
  public:
    Scopes() = default;
    Scopes(std::initializer_list<Scope> scopes);

    /// Reads "generate,models". Fails with invalid_argument (field "scopes") for an unknown word
    /// and for none at all.
    static Result<Scopes> parse(std::string_view text);

    void add(Scope scope) { bits_ |= bit(scope); }
    [[nodiscard]] bool contains(Scope scope) const { return (bits_ & bit(scope)) != 0; }
    /// True when the scope is one of the set or `admin` is.
    [[nodiscard]] bool allow(Scope scope) const {
        return contains(scope) || contains(Scope::admin);
    }
    /// What parse() reads.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Scopes&, const Scopes&) = default;

  private:
    static constexpr unsigned bit(Scope scope) { return 1U << static_cast<unsigned>(scope); }

    unsigned bits_ = 0;
};

/// A program's credential. Its text is "drk_ID_SECRET"; of the secret only a digest is kept, which
/// is enough for 256 random bits.
struct ApiKey {
    /// 16 lower-case hex digits.
    std::string id;
    std::string tenant = {};
    /// For people.
    std::string label = {};
    Scopes scopes = {};
    /// SHA-256 of the secret.
    std::string secret_hash = {};
    // Wall clock.
    std::int64_t created_ms = 0;
    std::optional<std::int64_t> expires_ms = {};
    std::optional<std::int64_t> last_used_ms = {};
    std::optional<std::int64_t> revoked_ms = {};
};

struct KeyOrder {
    std::string tenant;
    std::string label = {};
    Scopes scopes = {};
    std::optional<std::int64_t> expires_ms = {};
};

/// A new key, and the text that is shown this once.
struct IssuedKey {
    ApiKey key;
    std::string text;
};

/// Fails with invalid_argument (the field) for a tenant that is no name, a label longer than 200
/// bytes or with control characters, no scope, or an end in the past.
Result<IssuedKey> issue_key(KeyOrder order, std::int64_t now_ms);

/// The two halves of a key's text.
struct KeyText {
    std::string id;
    std::string secret;
};

/// Fails with unauthenticated for anything that issue_key cannot have made.
Result<KeyText> parse_key_text(std::string_view text);

enum class KeyVerdict { good, wrong_secret, revoked, expired };

/// Compares in constant time. A wrong secret is told before anything else of the key.
KeyVerdict judge(const ApiKey& key, const KeyText& shown, std::int64_t now_ms);

std::string_view to_string(KeyVerdict verdict);

}  // namespace darkroom::domain
