// SPDX-License-Identifier: Apache-2.0
#include "base/hmac.h"

#include <array>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/format.h"

namespace darkroom {

Sha256Digest hmac_sha256(std::span<const std::byte> key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const auto* bytes = static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
    const unsigned char* made = HMAC(
        EVP_sha256(),
        key.data(),
        static_cast<int>(key.size()),
        bytes,
        text.size(),
        digest.data(),
        &size);
    Sha256Digest result{};
    DARKROOM_CHECK(made != nullptr && size == result.size(), "HMAC-SHA256 is not available");
    std::memcpy(result.data(), digest.data(), result.size());
    return result;
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
    std::string hex;
    for (const std::byte byte : hmac_sha256(std::as_bytes(std::span(key)), text))
        hex += format("{:02x}", std::to_integer<unsigned>(byte));
    return hex;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace darkroom
