// SPDX-License-Identifier: Apache-2.0
#include "http/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/format.h"

namespace darkroom::http {
namespace {

/// From the IANA registries of special-purpose addresses, and multicast.
constexpr std::array kNotPublicV4 = {
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4"};

/// Of 2000::/3, the only public part of IPv6.
constexpr std::array kNotPublicV6 = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};
constexpr const char* kGlobalV6 = "2000::/3";

constexpr unsigned kBitsPerByte = 8;

bool share_prefix(const IpAddress& a, const IpAddress& b, unsigned bits) {
    if (a.is_v4 != b.is_v4) return false;
    const std::size_t whole = bits / kBitsPerByte;
    const unsigned rest = bits % kBitsPerByte;
    if (!std::equal(
            a.bytes.begin(),
            a.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
            b.bytes.begin())) {
        return false;
    }
    if (rest == 0) return true;
    const unsigned difference = a.bytes.at(whole) ^ b.bytes.at(whole);
    return difference >> (kBitsPerByte - rest) == 0;
}

struct Prefix {
    IpAddress address;
    unsigned bits = 0;
};

Error no_network(std::string_view text) {
    return Error{
        ErrorCode::invalid_argument,
        format("not a network such as 10.1.0.0/16 or fd00::/8: {}", text)};
}

Result<Prefix> parse_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    DARKROOM_TRY_ASSIGN(const IpAddress address, IpAddress::parse(text.substr(0, slash)));
    const unsigned longest = static_cast<unsigned>(address.is_v4 ? 4 : 16) * kBitsPerByte;
    if (slash == std::string_view::npos) return Prefix{address, longest};
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
    if (!is_number || bits > longest) return no_network(text);
    return Prefix{address, bits};
}

bool lies_in(const IpAddress& address, const char* network) {
    const Prefix prefix = parse_prefix(network).value();
    return share_prefix(address, prefix.address, prefix.bits);
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string copy(text);
    IpAddress address;
    address.is_v4 = ::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1;
    if (address.is_v4) return address;
    if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
    return Error{ErrorCode::invalid_argument, "not an IP address: " + copy};
}

Result<IpAddress> IpAddress::of(const sockaddr& address) {
    IpAddress found;
    if (address.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof(v4));
        found.is_v4 = true;
        std::memcpy(found.bytes.data(), &v4.sin_addr, sizeof(v4.sin_addr));
        return found;
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof(v6));
        std::memcpy(found.bytes.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
        return found;
    }
    return Error{ErrorCode::invalid_argument, "neither an IPv4 nor an IPv6 address"};
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    ::inet_ntop(
        is_v4 ? AF_INET : AF_INET6,
        bytes.data(),
        buffer.data(),
        static_cast<socklen_t>(buffer.size()));
    return buffer.data();
}

bool is_public(const IpAddress& address) {
    const auto lies = [&](const char* network) { return lies_in(address, network); };
    if (address.is_v4) return std::ranges::none_of(kNotPublicV4, lies);
    return lies(kGlobalV6) && std::ranges::none_of(kNotPublicV6, lies);
}

Result<AddressPolicy> AddressPolicy::with_networks(const std::vector<std::string>& networks) {
    AddressPolicy policy;
    for (const std::string& text : networks) {
        const Result<Prefix> prefix = parse_prefix(text);
        if (!prefix) return no_network(text);
        policy.networks_.push_back({prefix->address, prefix->bits});
    }
    return policy;
}

bool AddressPolicy::names(const IpAddress& address) const {
    return std::ranges::any_of(networks_, [&](const Network& network) {
        return share_prefix(address, network.address, network.bits);
    });
}

bool AddressPolicy::permits(const IpAddress& address) const {
    return is_public(address) || names(address);
}

}  // namespace darkroom::http
