// SPDX-License-Identifier: Apache-2.0
#include "runtime/async_event.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/guarded.h"

namespace darkroom::runtime {
namespace asio = boost::asio;
namespace {

/// A suspended coroutine: its timer runs out at the deadline, or early when an event fires.
struct Waiter {
    Waiter(const asio::any_io_executor& executor, Deadline deadline)
        : timer(executor, deadline.time()) {}

    asio::steady_timer timer;
};

struct History {
    std::uint64_t count = 0;
    std::vector<std::shared_ptr<Waiter>> waiters;
};

}  // namespace

struct AsyncEvent::State {
    Guarded<History> history;
};

namespace {

/// Index of the first event that fired, if one did.
std::optional<std::size_t> fired(const std::vector<Watch>& watches) {
    for (std::size_t i = 0; i < watches.size(); ++i) {
        if (watches[i].state().history.lock()->count > watches[i].seen()) return i;
    }
    return std::nullopt;
}

/// Keeps a waiter on the events' lists while it exists.
class Registration {
  public:
    Registration(const std::vector<Watch>& watches, std::shared_ptr<Waiter> waiter)
        : watches_(watches), waiter_(std::move(waiter)) {
        for (const Watch& watch : watches_)
            watch.state().history.lock()->waiters.push_back(waiter_);
    }
    ~Registration() {
        for (const Watch& watch : watches_) {
            const auto history = watch.state().history.lock();
            std::erase(history->waiters, waiter_);
        }
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

  private:
    const std::vector<Watch>& watches_;
    std::shared_ptr<Waiter> waiter_;
};

}  // namespace

AsyncEvent::AsyncEvent() : state_(std::make_shared<State>()) {}

AsyncEvent::~AsyncEvent() = default;

std::uint64_t AsyncEvent::count() const {
    return state_->history.lock()->count;
}

void AsyncEvent::notify_all() {
    std::vector<std::shared_ptr<Waiter>> waiters;
    {
        const auto history = state_->history.lock();
        ++history->count;
        waiters.swap(history->waiters);
    }
    for (std::shared_ptr<Waiter>& waiter : waiters) {
        const asio::any_io_executor executor = waiter->timer.get_executor();
        // Moving the expiry into the past ends a wait that has begun and one that is about to.
        asio::post(executor, [waiter = std::move(waiter)] {
            waiter->timer.expires_at(Deadline::Clock::time_point::min());
        });
    }
}

Task<void> AsyncEvent::wait(std::uint64_t seen, Deadline deadline) const {
    std::vector<Watch> watches;
    watches.emplace_back(*this, seen);
    const Result<std::size_t> first = co_await wait_any(std::move(watches), deadline);
    if (!first.has_value()) co_return first.error();
    co_return Result<void>();
}

Task<std::size_t> wait_any(std::vector<Watch> watches, Deadline deadline) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor, deadline);
    const Registration registration(watches, waiter);
    if (const auto index = fired(watches)) co_return *index;
    constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
    co_await waiter->timer.async_wait(kToken);
    if (const auto index = fired(watches)) co_return *index;
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        co_return Error{ErrorCode::cancelled, "the operation was cancelled"};
    }
    co_return Error{ErrorCode::deadline_exceeded, "the time limit was reached"};
}

}  // namespace darkroom::runtime
