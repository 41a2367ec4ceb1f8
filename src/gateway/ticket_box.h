// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "gateway/caller.h"

namespace darkroom::gateway {

/// Tickets for places where no header can be sent, such as a picture in a page: good for one
/// request within half a minute. Thread-safe.
class TicketBox {
  public:
    static constexpr std::int64_t kLifetimeMs = 30'000;
    static constexpr std::size_t kMaxTickets = 10'000;
    static constexpr std::size_t kMaxOfTenant = 500;

    /// `clock` must outlive the box.
    explicit TicketBox(Clock& clock) : clock_(clock) {}

    /// A ticket to draw and look on the caller's behalf; it is never good for administration. Fails
    /// with unavailable when too many wait to be used, of the tenant or of all.
    Result<std::string> issue(const Caller& caller);

    /// Whose ticket it is; nothing for one that was used, has expired or never was.
    std::optional<Caller> redeem(const std::string& ticket);

  private:
    struct Ticket {
        Caller caller;
        std::int64_t expires_ms = 0;
    };

    Clock& clock_;
    /// By the digest of their text.
    Guarded<std::map<std::string, Ticket>> tickets_;
};

}  // namespace darkroom::gateway
