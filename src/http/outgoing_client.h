// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"
#include "http/address_policy.h"
#include "http/headers.h"

namespace darkroom::http {

struct OutgoingRequest {
    std::string url;
    Headers headers = {};
    /// Sent with POST.
    std::string body = {};
};

struct OutgoingAnswer {
    int status = 0;
    std::string body;
};

struct OutgoingLimits {
    std::chrono::milliseconds connect_time{5'000};
    /// From the look-up of the name to the end of the answer.
    std::chrono::milliseconds total_time{15'000};
    /// Headers and body each.
    std::size_t answer_bytes = 64U << 10;
};

/// Sends requests to URLs that strangers chose. What counts is the address that is connected to,
/// judged when the socket is opened, so no spelling and no name server gets around it. Only https,
/// but http to networks that the policy names; no redirects, no proxies, no cookies. Thread-safe.
class OutgoingClient {
  public:
    explicit OutgoingClient(AddressPolicy policy, OutgoingLimits limits = {})
        : policy_(std::move(policy)), limits_(limits) {}

    /// Whether a URL may be sent to as far as its text tells. Fails with invalid_argument.
    [[nodiscard]] Result<void> check(const std::string& url) const;

    /// Blocks. Returns the answer whatever its status. Fails with invalid_argument (the URL),
    /// permission_denied (the address), deadline_exceeded, payload_too_large or unavailable.
    [[nodiscard]] Result<OutgoingAnswer> post(const OutgoingRequest& request) const;

  private:
    AddressPolicy policy_;
    OutgoingLimits limits_;
};

}  // namespace darkroom::http
