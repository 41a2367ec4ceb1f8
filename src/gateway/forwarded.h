// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "http/host_policy.h"
#include "http/message.h"

namespace darkroom::gateway {

struct ForwardingPolicy {
    /// As IpAddress::text writes them.
    std::vector<std::string> trusted_proxies = {};
    /// Names that the server answers for; another one a proxy forwards in vain.
    http::HostPolicy hosts = {};
};

/// Makes a request that a trusted proxy passed on look as the client sent it: remote_address is the
/// last of X-Forwarded-For that is no trusted proxy, Host is X-Forwarded-Host. From anybody else
/// these fields and X-Forwarded-Proto mean nothing and are taken out, so that whoever reads them
/// later may believe them.
void apply_forwarded(http::Request& request, const ForwardingPolicy& policy);

/// "https" when the client spoke TLS with the server, or with a trusted proxy that says so; else
/// "http". After apply_forwarded.
std::string scheme_of(const http::Request& request);

}  // namespace darkroom::gateway
