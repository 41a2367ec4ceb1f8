// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;

namespace darkroom::http {

/// An IPv4 or IPv6 address.
struct IpAddress {
    /// The first four are used of IPv4.
    std::array<std::uint8_t, 16> bytes{};
    bool is_v4 = false;

    /// "127.0.0.1" or "::1". Fails with invalid_argument.
    static Result<IpAddress> parse(std::string_view text);
    /// Fails with invalid_argument for a family that is neither.
    static Result<IpAddress> of(const sockaddr& address);

    [[nodiscard]] std::string text() const;
};

/// True for an address of the public internet: none that is private, of this machine or link,
/// shared by carriers, reserved, multicast, or wraps another one (IPv4-mapped, NAT64, 6to4,
/// Teredo).
bool is_public(const IpAddress& address);

/// Which addresses may be connected to for a stranger: public ones, and networks that the operator
/// named.
class AddressPolicy {
  public:
    AddressPolicy() = default;

    /// Networks as "10.1.0.0/16", "fd00::/8" or a single address. Fails with invalid_argument.
    static Result<AddressPolicy> with_networks(const std::vector<std::string>& networks);

    [[nodiscard]] bool permits(const IpAddress& address) const;
    /// True for an address in one of the networks that the operator named.
    [[nodiscard]] bool names(const IpAddress& address) const;
    [[nodiscard]] bool names_any() const { return !networks_.empty(); }

  private:
    struct Network {
        IpAddress address;
        unsigned bits = 0;
    };

    std::vector<Network> networks_;
};

}  // namespace darkroom::http
