// SPDX-License-Identifier: Apache-2.0
#include "http/host_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>

#include "base/format.h"

namespace darkroom::http {
namespace {

struct Authority {
    /// Lower case, without brackets and without a final dot.
    std::string host;
    std::string port;
    bool is_ipv6 = false;
};

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::optional<Authority> parse_authority(std::string_view text) {
    Authority authority;
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        authority.host = lowered(text.substr(1, close - 1));
        authority.is_ipv6 = true;
        rest = text.substr(close + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        authority.host = lowered(text.substr(0, colon));
        rest = text.substr(colon);
        if (authority.host.ends_with('.')) authority.host.pop_back();
    }
    if (!rest.empty()) {
        if (rest.front() != ':' || !is_port(rest.substr(1))) return std::nullopt;
        authority.port = rest.substr(1);
    }
    if (authority.host.empty() || authority.host.find_first_of("/@ \t") != std::string::npos) {
        return std::nullopt;
    }
    return authority;
}

bool is_address(const Authority& authority) {
    in_addr v4{};
    in6_addr v6{};
    return authority.is_ipv6 ? inet_pton(AF_INET6, authority.host.c_str(), &v6) == 1
                             : inet_pton(AF_INET, authority.host.c_str(), &v4) == 1;
}

bool is_loopback(const Authority& authority) {
    if (authority.is_ipv6) {
        in6_addr v6{};
        return inet_pton(AF_INET6, authority.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return authority.host == "localhost" || authority.host.ends_with(".localhost") ||
           (is_address(authority) && authority.host.starts_with("127."));
}

bool matches(std::string_view pattern, const Authority& authority) {
    if (pattern == "*") return true;
    if (pattern.starts_with("*.")) {
        return authority.host.ends_with(lowered(pattern.substr(1)));
    }
    const std::optional<Authority> wanted = parse_authority(pattern);
    return wanted && wanted->host == authority.host && wanted->is_ipv6 == authority.is_ipv6 &&
           (wanted->port.empty() || wanted->port == authority.port);
}

std::string_view default_port(std::string_view scheme) {
    if (equal_ignoring_case(scheme, "https")) return "443";
    return "80";
}

Problem refused_host(const HostPolicy& policy, std::string_view authority) {
    const std::optional<Authority> parsed = parse_authority(authority);
    const std::string name = parsed ? parsed->host : std::string("<name>");
    return Problem{
        .status = 421,
        .message = format(
            "this server does not answer to the host name \"{}\"; to allow it, start the server "
            "with {} {}",
            authority.substr(0, 255),
            policy.option,
            name.substr(0, 255))};
}

}  // namespace

bool is_allowed_host(const HostPolicy& policy, std::string_view authority) {
    const std::optional<Authority> parsed = parse_authority(authority);
    if (!parsed) return false;
    if (is_loopback(*parsed)) return true;
    if (policy.allows_addresses && is_address(*parsed)) return true;
    return std::ranges::any_of(
        policy.allowed, [&](const std::string& pattern) { return matches(pattern, *parsed); });
}

bool is_same_host(std::string_view origin, std::string_view authority) {
    const std::size_t colon = origin.find("://");
    if (colon == std::string_view::npos) return false;
    std::optional<Authority> theirs = parse_authority(origin.substr(colon + 3));
    std::optional<Authority> ours = parse_authority(authority);
    if (!theirs || !ours) return false;
    const std::string_view port = default_port(origin.substr(0, colon));
    if (theirs->port.empty()) theirs->port = port;
    if (ours->port.empty()) ours->port = port;
    return theirs->host == ours->host && theirs->port == ours->port &&
           theirs->is_ipv6 == ours->is_ipv6;
}

std::optional<Problem> check_host(
    const HostPolicy& policy, const Headers& headers, std::string_view target_authority) {
    const std::string_view host = headers.get("Host");
    const std::string_view called = target_authority.empty() ? host : target_authority;
    if (!called.empty() && !is_allowed_host(policy, called)) return refused_host(policy, called);
    if (!host.empty() && !is_allowed_host(policy, host)) return refused_host(policy, host);
    const std::string* origin = headers.find("Origin");
    if (origin != nullptr && !is_same_host(*origin, called)) {
        return Problem{
            .status = 403,
            .message =
                "requests from pages of another site are refused; open the page from this "
                "server instead"};
    }
    return std::nullopt;
}

}  // namespace darkroom::http
