// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom {

/// What one guess at a password costs: 2^log2_n blocks of 128 * r bytes, p times (RFC 7914). The
/// default takes 32 MiB and about a fifth of a second.
struct ScryptCost {
    std::uint32_t log2_n = 15;
    std::uint32_t r = 8;
    std::uint32_t p = 3;
};

/// "scrypt$LOG2_N$R$P$SALT$KEY" with a new random salt. As slow as the cost says.
std::string hash_password(std::string_view password, const ScryptCost& cost = {});

/// True when `hash` was made from this password; false too for a text that is no such hash or asks
/// for more than 256 MiB. Compares in constant time.
bool password_matches(std::string_view password, std::string_view hash);

}  // namespace darkroom
