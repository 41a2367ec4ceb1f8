// SPDX-License-Identifier: Apache-2.0
#include "runtime/task_group.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <future>
#include <map>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "base/check.h"
#include "base/guarded.h"
#include "runtime/async_event.h"
#include "telemetry/log.h"

namespace darkroom::runtime {
namespace asio = boost::asio;
namespace {

struct Member {
    explicit Member(asio::any_io_executor executor) : strand(std::move(executor)) {}

    asio::any_io_executor strand;
    /// Touched on the strand only.
    asio::cancellation_signal signal;
};

struct Roll {
    std::uint64_t next_id = 0;
    std::map<std::uint64_t, std::shared_ptr<Member>> members;
    std::vector<std::promise<void>> blocked;
};

asio::io_context& context_of(const asio::any_io_executor& executor) {
    return static_cast<asio::io_context&>(asio::query(executor, asio::execution::context));
}

void log_failure(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) return;
        log::error("background task failed", {{"error", error.what()}});
    } catch (const std::exception& error) {
        log::error("background task failed", {{"error", error.what()}});
    } catch (...) {
        log::error("background task failed", {{"error", "not a std::exception"}});
    }
}

}  // namespace

struct TaskGroup::State {
    explicit State(asio::any_io_executor used) : executor(std::move(used)) {}

    /// Strikes a member off when its coroutine ended or was destroyed unfinished.
    void leave(std::uint64_t id) {
        std::vector<std::promise<void>> blocked;
        {
            const auto roll_lock = roll.lock();
            roll_lock->members.erase(id);
            if (!roll_lock->members.empty()) return;
            blocked.swap(roll_lock->blocked);
        }
        for (std::promise<void>& waiter : blocked)
            waiter.set_value();
        emptied.notify_all();
    }

    asio::any_io_executor executor;
    Guarded<Roll> roll;
    AsyncEvent emptied;
};

namespace {

/// Completion handler of one member; whatever becomes of it, the member leaves the group.
template <class State>
class Ending {
  public:
    Ending(std::shared_ptr<State> state, std::shared_ptr<Member> member, std::uint64_t id)
        : state_(std::move(state)), member_(std::move(member)), id_(id) {}
    ~Ending() {
        if (state_) state_->leave(id_);
    }
    Ending(Ending&&) noexcept = default;
    Ending& operator=(Ending&&) = delete;

    void operator()(const std::exception_ptr& failure) const {
        if (failure) log_failure(failure);
    }

  private:
    std::shared_ptr<State> state_;
    std::shared_ptr<Member> member_;
    std::uint64_t id_;
};

/// Blocks until there are no members or the io threads were stopped; calls `meanwhile` every now
/// and then.
template <class State, class Meanwhile>
void wait_for_members(State& state, Meanwhile meanwhile) {
    asio::io_context& context = context_of(state.executor);
    std::future<void> emptied;
    {
        const auto roll = state.roll.lock();
        if (roll->members.empty()) return;
        emptied = roll->blocked.emplace_back().get_future();
    }
    if (context.stopped()) return;
    DARKROOM_CHECK(
        !context.get_executor().running_in_this_thread(),
        "a task group must be empty before an io thread destroys it");
    while (emptied.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
        if (context.stopped()) return;
        meanwhile();
    }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
    cancel();
    // Again and again: a member that ends may have begun another one.
    wait_for_members(*state_, [this] { cancel(); });
}

void TaskGroup::spawn(asio::awaitable<void> member) {
    spawn_on(asio::make_strand(state_->executor), std::move(member));
}

void TaskGroup::spawn_on(asio::any_io_executor strand, asio::awaitable<void> member) {
    auto entry = std::make_shared<Member>(strand);
    std::uint64_t id = 0;
    {
        const auto roll = state_->roll.lock();
        id = roll->next_id++;
        roll->members.emplace(id, entry);
    }
    const asio::cancellation_slot slot = entry->signal.slot();
    Ending<State> ending(state_, std::move(entry), id);
    asio::co_spawn(
        strand,
        std::move(member),
        asio::bind_cancellation_slot(slot, asio::bind_executor(strand, std::move(ending))));
}

void TaskGroup::cancel() {
    std::vector<std::shared_ptr<Member>> members;
    {
        const auto roll = state_->roll.lock();
        for (const auto& [id, member] : roll->members)
            members.push_back(member);
    }
    for (std::shared_ptr<Member>& member : members) {
        const asio::any_io_executor strand = member->strand;
        asio::post(strand, [member = std::move(member)] {
            member->signal.emit(asio::cancellation_type::terminal);
        });
    }
}

Task<void> TaskGroup::join(Deadline deadline) {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    Result<void> outcome;
    for (;;) {
        const std::uint64_t seen = state_->emptied.count();
        if (size() == 0) break;
        outcome = co_await state_->emptied.wait(seen, deadline);
        if (outcome.has_value()) continue;
        if (outcome.error().code != ErrorCode::cancelled) break;
        cancel();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (size() == 0) co_return Result<void>();
    co_return outcome;
}

void TaskGroup::wait() {
    wait_for_members(*state_, [] {});
}

std::size_t TaskGroup::size() const {
    return state_->roll.lock()->members.size();
}

}  // namespace darkroom::runtime
