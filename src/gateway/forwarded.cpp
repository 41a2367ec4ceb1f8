// SPDX-License-Identifier: Apache-2.0
#include "gateway/forwarded.h"

#include <algorithm>
#include <string_view>

#include "http/address_policy.h"

namespace darkroom::gateway {
namespace {

constexpr std::size_t kMaxHost = 255;
constexpr const char* kFor = "X-Forwarded-For";
constexpr const char* kHost = "X-Forwarded-Host";
constexpr const char* kProto = "X-Forwarded-Proto";

/// A hop as "ADDRESS", "V4:PORT" or "[V6]:PORT": its address in one spelling, so that a port or
/// capitals make no stranger of a known client. Empty for what is none.
std::string address_of(std::string_view hop) {
    if (hop.starts_with('[')) {
        hop = hop.substr(1, hop.find(']') - 1);
    } else if (std::ranges::count(hop, ':') == 1) {
        hop = hop.substr(0, hop.find(':'));
    }
    const Result<http::IpAddress> address = http::IpAddress::parse(hop);
    return address ? address->text() : std::string();
}

bool is_authority(std::string_view text) {
    return !text.empty() && text.size() <= kMaxHost && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
}

}  // namespace

void apply_forwarded(http::Request& request, const ForwardingPolicy& policy) {
    const auto is_trusted = [&](std::string_view address) {
        return std::ranges::find(policy.trusted_proxies, address) != policy.trusted_proxies.end();
    };
    if (!is_trusted(request.remote_address)) {
        for (const char* field : {kFor, kHost, kProto})
            request.headers.remove(field);
        return;
    }
    std::vector<std::string> hops;
    for (const auto& [name, value] : request.headers) {
        if (!http::equal_ignoring_case(name, kFor)) continue;
        for (const std::string_view hop : http::comma_separated(value))
            hops.emplace_back(hop);
    }
    // Each proxy appends whom it heard; what stands before the first stranger is hearsay.
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        std::string address = address_of(*hop);
        if (address.empty()) break;
        request.remote_address = std::move(address);
        request.is_loopback = false;
        if (!is_trusted(request.remote_address)) break;
    }
    const std::string host(request.headers.get(kHost));
    if (is_authority(host) && http::is_allowed_host(policy.hosts, host)) {
        request.headers.set("Host", host);
    }
}

std::string scheme_of(const http::Request& request) {
    // What a proxy says counts for more: it may speak TLS here and plain HTTP with the client.
    const std::string* said = request.headers.find(kProto);
    const bool is_https = said == nullptr ? request.is_encrypted : *said == "https";
    return is_https ? "https" : "http";
}

}  // namespace darkroom::gateway
