// SPDX-License-Identifier: Apache-2.0
#include "gateway/forwarded.h"

#include <algorithm>
#include <string_view>

namespace darkroom::gateway {
namespace {

constexpr std::size_t kMaxHost = 255;
constexpr std::size_t kMaxAddress = 45;
constexpr const char* kFor = "X-Forwarded-For";
constexpr const char* kHost = "X-Forwarded-Host";
constexpr const char* kProto = "X-Forwarded-Proto";

bool is_address(std::string_view text) {
    return !text.empty() && text.size() <= kMaxAddress && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
               c == '.' || c == ':';
    });
}

bool is_authority(std::string_view text) {
    return !text.empty() && text.size() <= kMaxHost && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
}

}  // namespace

void apply_forwarded(http::Request& request, const std::vector<std::string>& trusted_proxies) {
    const auto is_trusted = [&](std::string_view address) {
        return std::ranges::find(trusted_proxies, address) != trusted_proxies.end();
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
        if (!is_address(*hop)) break;
        request.remote_address = *hop;
        request.is_loopback = false;
        if (!is_trusted(*hop)) break;
    }
    const std::string host(request.headers.get(kHost));
    if (is_authority(host)) request.headers.set("Host", host);
}

std::string scheme_of(const http::Request& request) {
    return request.headers.get(kProto) == "https" ? "https" : "http";
}

}  // namespace darkroom::gateway
