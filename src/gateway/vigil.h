// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "gateway/authenticator.h"

namespace darkroom::gateway {

/// Watches over a grant for something that outlives the request it allowed.
class Vigil {
  public:
    /// The authenticator outlives the vigil, which looks at the grant at least once each `period`.
    Vigil(Authenticator& authenticator, Grant grant, std::chrono::milliseconds period);

    /// Whether the grant is still good. Looks at the store if there is reason to: at first, after
    /// a withdrawal, at its end and once each period. A store that cannot be read changes nothing.
    boost::asio::awaitable<bool> holds();

    /// Adds what fires when there is reason to look again.
    void add_to(std::vector<runtime::Watch>& watches) const;

    /// When to look again at the latest.
    [[nodiscard]] std::chrono::steady_clock::time_point next_look() const { return next_look_; }

  private:
    struct Watched {
        Withdrawals::Event event;
        std::uint64_t seen = 0;
    };

    [[nodiscard]] bool is_due() const;

    Authenticator& authenticator_;
    Grant grant_;
    std::chrono::milliseconds period_;
    std::vector<Watched> withdrawals_;
    /// Wall time.
    std::int64_t good_until_ms_ = 0;
    std::chrono::steady_clock::time_point next_look_ = {};
};

}  // namespace darkroom::gateway
