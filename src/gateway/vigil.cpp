// SPDX-License-Identifier: Apache-2.0
#include "gateway/vigil.h"

#include <algorithm>
#include <utility>

namespace darkroom::gateway {

using SteadyClock = std::chrono::steady_clock;

Vigil::Vigil(Authenticator& authenticator, Grant grant, std::chrono::milliseconds period)
    : authenticator_(authenticator), grant_(std::move(grant)), period_(period) {
    for (Withdrawals::Event& event : authenticator_.withdrawals().events_of(grant_)) {
        const std::uint64_t seen = event->count();
        withdrawals_.push_back({std::move(event), seen});
    }
}

bool Vigil::is_due() const {
    const auto has_news = [](const Watched& watched) {
        return watched.event->count() > watched.seen;
    };
    return SteadyClock::now() >= next_look_ || authenticator_.wall_ms() >= good_until_ms_ ||
           std::ranges::any_of(withdrawals_, has_news);
}

boost::asio::awaitable<bool> Vigil::holds() {
    if (grant_.kind == GrantKind::none) {
        next_look_ = SteadyClock::time_point::max();
        co_return true;
    }
    if (!is_due()) co_return true;
    for (Watched& watched : withdrawals_)
        watched.seen = watched.event->count();
    Grant grant = grant_;
    const Result<std::int64_t> until = co_await authenticator_.good_until(std::move(grant));
    if (!until && until.error().code == ErrorCode::unauthenticated) co_return false;
    auto pause = period_;
    if (until) {
        good_until_ms_ = *until;
        const std::chrono::milliseconds left(*until - authenticator_.wall_ms());
        pause = std::clamp(left, std::chrono::milliseconds(0), period_);
    }
    next_look_ = SteadyClock::now() + pause;
    co_return true;
}

void Vigil::add_to(std::vector<runtime::Watch>& watches) const {
    for (const Watched& watched : withdrawals_)
        watches.emplace_back(*watched.event, watched.seen);
}

}  // namespace darkroom::gateway
