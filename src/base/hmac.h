// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace darkroom {

using Sha256Digest = std::array<std::byte, 32>;

/// HMAC-SHA256 (RFC 2104).
Sha256Digest hmac_sha256(std::span<const std::byte> key, std::string_view text);

/// HMAC-SHA256 as 64 lower-case hex digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

/// Compares in a time that does not tell where two texts of equal length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace darkroom
