// SPDX-License-Identifier: Apache-2.0
#include "base/password.h"

#include <array>
#include <charconv>
#include <vector>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/format.h"
#include "base/hmac.h"
#include "base/random.h"

namespace darkroom {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::uint64_t kMaxMemory = std::uint64_t{256} << 20;
constexpr std::uint32_t kMaxParallel = 16;
constexpr std::uint32_t kMaxLog2 = 20;
constexpr std::uint32_t kMaxBlock = 32;

bool is_sane(const ScryptCost& cost) {
    return cost.log2_n >= 1 && cost.log2_n <= kMaxLog2 && cost.r >= 1 && cost.r <= kMaxBlock &&
           cost.p >= 1 && cost.p <= kMaxParallel &&
           (std::uint64_t{128} * cost.r << cost.log2_n) < kMaxMemory;
}

/// The key in hex; the salt is used as its text. Empty when OpenSSL refuses.
std::string derive(std::string_view password, std::string_view salt, const ScryptCost& cost) {
    std::array<unsigned char, kKeyBytes> key{};
    const int derived = EVP_PBE_scrypt(
        password.data(),
        password.size(),
        static_cast<const unsigned char*>(static_cast<const void*>(salt.data())),
        salt.size(),
        std::uint64_t{1} << cost.log2_n,
        cost.r,
        cost.p,
        2 * kMaxMemory,
        key.data(),
        key.size());
    std::string hex;
    if (derived != 1) return hex;
    for (const unsigned char byte : key)
        hex += format("{:02x}", byte);
    return hex;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find('$');
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

bool read_number(std::string_view text, std::uint32_t& target) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), target);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

std::string hash_password(std::string_view password, const ScryptCost& cost) {
    DARKROOM_CHECK(is_sane(cost), "scrypt cost 2^{} {} {}", cost.log2_n, cost.r, cost.p);
    const std::string salt = random_id();
    const std::string key = derive(password, salt, cost);
    DARKROOM_CHECK(!key.empty(), "scrypt is not available");
    return format("scrypt${}${}${}${}${}", cost.log2_n, cost.r, cost.p, salt, key);
}

bool password_matches(std::string_view password, std::string_view hash) {
    const std::vector<std::string_view> parts = split(hash);
    ScryptCost cost;
    if (parts.size() != 6 || parts[0] != "scrypt" || !read_number(parts[1], cost.log2_n) ||
        !read_number(parts[2], cost.r) || !read_number(parts[3], cost.p) || !is_sane(cost)) {
        return false;
    }
    const std::string key = derive(password, parts[4], cost);
    return !key.empty() && equal_in_constant_time(key, parts[5]);
}

}  // namespace darkroom
