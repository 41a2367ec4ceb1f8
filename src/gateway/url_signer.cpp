// SPDX-License-Identifier: Apache-2.0
#include "gateway/url_signer.h"

#include <charconv>
#include <system_error>

#include "base/file.h"
#include "base/format.h"
#include "base/hmac.h"
#include "base/random.h"

namespace darkroom::gateway {
namespace {

constexpr std::size_t kSecretDigits = 64;
constexpr std::int64_t kMsPerS = 1000;

Error bad_link() {
    return Error{ErrorCode::permission_denied, "this link is not valid: ask for a new one"};
}

}  // namespace

Result<UrlSigner> UrlSigner::open(const std::filesystem::path& file, Clock& clock) {
    if (!std::filesystem::exists(file)) {
        const std::string secret = random_id() + random_id();
        DARKROOM_TRY(write_file(file, secret));
        std::error_code ignored;
        std::filesystem::permissions(
            file,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
            ignored);
        return UrlSigner(secret, clock);
    }
    DARKROOM_TRY_ASSIGN(std::string secret, read_file(file, kSecretDigits));
    if (secret.size() != kSecretDigits) {
        return Error{
            ErrorCode::corrupt_input,
            format("the secret of picture links is damaged; delete {}", file.string())};
    }
    return UrlSigner(std::move(secret), clock);
}

std::string UrlSigner::signature(const storage::ObjectKey& key, std::string_view ends) const {
    return hmac_sha256_hex(secret_, format("GET\n{}\n{}", key.text(), ends));
}

std::string UrlSigner::path_of(const storage::ObjectKey& key) const {
    const std::string ends = std::to_string(clock_->wall_ms() / kMsPerS + kLifetimeS);
    return format("/images/{}?expires={}&signature={}", key.text(), ends, signature(key, ends));
}

Result<void> UrlSigner::check(const storage::ObjectKey& key, const http::Parameters& query) const {
    const std::string_view ends = query.get("expires");
    if (!equal_in_constant_time(signature(key, ends), query.get("signature"))) return bad_link();
    std::int64_t expires_s = 0;
    const auto parsed = std::from_chars(ends.data(), ends.data() + ends.size(), expires_s);
    if (parsed.ec != std::errc() || clock_->wall_ms() / kMsPerS >= expires_s) {
        return Error{
            ErrorCode::permission_denied, "this link has expired: ask for the result again"};
    }
    return {};
}

}  // namespace darkroom::gateway
