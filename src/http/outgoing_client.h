// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/address_policy.h"
#include "http/headers.h"

namespace darkroom::http {

struct OutgoingRequest {
    std::string url;
    Headers headers = {};
    /// Sent with POST.
    std::string body = {};
    /// Ends it at once, whatever it waits for.
    std::stop_token stop = {};
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

/// A file to fetch, of any size.
struct Download {
    std::string url;
    /// A larger one is payload_too_large.
    std::uint64_t max_bytes = 0;
    /// Gets each piece, and the size of the whole or 0 where the server does not say; false ends
    /// it.
    std::function<bool(std::string_view piece, std::uint64_t total)> take;
    /// Ends it at once, whatever it waits for.
    std::stop_token stop = {};
    /// From the look-up of the name to the end; 0 is no limit.
    std::chrono::milliseconds total_time{0};
};

/// Sends requests to URLs that strangers chose. What counts is the address that is connected to,
/// judged when the socket is opened, so no spelling and no name server gets around it. Only https,
/// but http to networks that the policy names; no redirects, no proxies, no cookies. Thread-safe.
class OutgoingClient {
  public:
    explicit OutgoingClient(AddressPolicy policy, OutgoingLimits limits = {})
        : policy_(std::move(policy)), limits_(limits) {}

    /// Whether a URL may be sent to as far as its text tells. Fails with invalid_argument, and with
    /// permission_denied for an address that may not be connected to.
    [[nodiscard]] Result<void> check(const std::string& url) const;

    /// Blocks. Returns the answer whatever its status. Fails with invalid_argument (the URL),
    /// permission_denied (the address), deadline_exceeded, payload_too_large, cancelled (the stop)
    /// or unavailable.
    [[nodiscard]] Result<OutgoingAnswer> post(const OutgoingRequest& request) const;

    /// Blocks. Returns where the server says the file is instead, or an empty text when all of it
    /// was taken. Fails as post, with cancelled when `take` or the stop said so, and with
    /// bad_upstream for an answer that is neither the file nor another place of it. One minute with
    /// less than 1 KiB a second is deadline_exceeded, whatever the total time.
    [[nodiscard]] Result<std::string> download(const Download& wanted) const;

  private:
    AddressPolicy policy_;
    OutgoingLimits limits_;
};

}  // namespace darkroom::http
