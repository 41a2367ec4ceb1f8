// SPDX-License-Identifier: Apache-2.0
#include "gateway/credential.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/encoding.h"
#include "domain/api_key.h"

namespace darkroom::gateway {
namespace {

constexpr std::size_t kMaxLength = 4096;
const Credential kMalformed{CredentialKind::malformed};

bool is_plain(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Credential key_or_session(std::string_view text) {
    if (text.empty() || text.size() > kMaxLength || !is_plain(text)) return kMalformed;
    const bool is_key = text.starts_with("drk_");
    return {is_key ? CredentialKind::key : CredentialKind::session, {}, std::string(text)};
}

Credential basic(std::string_view encoded) {
    if (encoded.size() > kMaxLength) return kMalformed;
    const auto bytes = base64_decode(encoded);
    if (!bytes) return kMalformed;
    std::string text;
    for (const std::byte byte : *bytes)
        text += static_cast<char>(byte);
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || !is_plain(text)) return kMalformed;
    std::string user = text.substr(0, colon);
    std::string password = text.substr(colon + 1);
    if (domain::parse_key_text(password)) return {CredentialKind::key, {}, std::move(password)};
    if (password.empty() && domain::parse_key_text(user)) {
        return {CredentialKind::key, {}, std::move(user)};
    }
    return {CredentialKind::password, std::move(user), std::move(password)};
}

Credential authorization(std::string_view value) {
    const std::size_t blank = value.find(' ');
    if (blank == std::string_view::npos) return kMalformed;
    const std::string_view scheme = value.substr(0, blank);
    const std::string_view rest = http::trimmed(value.substr(blank));
    if (http::equal_ignoring_case(scheme, "bearer")) return key_or_session(rest);
    if (http::equal_ignoring_case(scheme, "basic")) return basic(rest);
    return kMalformed;
}

/// The value of the session's cookie, if there is one.
std::optional<std::string_view> session_cookie(const http::Headers& headers) {
    const std::string_view name = kSessionCookie;
    for (const auto& [field, value] : headers) {
        if (!http::equal_ignoring_case(field, "Cookie")) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = http::trimmed(rest.substr(0, end));
            if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
                return pair.substr(name.size() + 1);
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return std::nullopt;
}

Credential unasked(Credential credential) {
    credential.is_unasked = true;
    return credential;
}

}  // namespace

Credential credential_of(const http::Request& request) {
    const http::Headers& headers = request.headers;
    if (headers.count("Authorization") > 1 || headers.count("X-API-Key") > 1) return kMalformed;
    if (const std::string* value = headers.find("Authorization")) return authorization(*value);
    if (const std::string* value = headers.find("X-API-Key")) return key_or_session(*value);
    if (const std::string* value = headers.find("Token")) return unasked(key_or_session(*value));
    if (const auto value = session_cookie(headers)) return unasked(key_or_session(*value));
    if (request.method != "GET") return {};
    const std::string* ticket = request.location.query.find("ticket");
    if (ticket == nullptr) return {};
    return {CredentialKind::ticket, {}, *ticket};
}

}  // namespace darkroom::gateway
