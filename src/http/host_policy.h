// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace darkroom::http {

/// Which names a request may call this server by. A page in the user's browser can reach loopback
/// under its own host name (DNS rebinding) or post across sites; both show in Host and Origin.
struct HostPolicy {
    /// Besides the defaults: "name" (any port), "name:port", "*.domain" (its subdomains), or "*".
    std::vector<std::string> allowed = {};
    /// Any IP address is a fine Host: rebinding needs a name. For servers bound beyond loopback.
    bool allows_addresses = false;
    /// The option named in the refusal.
    std::string option = "--allowed-host";
};

/// True for localhost, *.localhost, 127.0.0.0/8, ::1, and what the policy adds. `authority` is a
/// Host header's value.
bool is_allowed_host(const HostPolicy& policy, std::string_view authority);

/// True when an Origin header names the host and port of `authority`; "null" never does.
bool is_same_host(std::string_view origin, std::string_view authority);

/// 421 for a Host that is not allowed, 403 for a foreign Origin, nothing for a request in order.
/// `target_authority` is that of an absolute-form target, or empty.
std::optional<Problem> check_host(
    const HostPolicy& policy, const Headers& headers, std::string_view target_authority);

}  // namespace darkroom::http
