// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "cluster/agent_protocol.h"

namespace darkroom::cluster {

/// The log of task events has grown, or rows of it were removed: whoever reads it looks again.
struct LogChanged {};

/// Where a task stands; the next one replaces it.
struct ProgressChanged {
    std::string tenant;
    Progress progress;
};

/// An attempt was cancelled: its agent may stop before its next heartbeat tells it so.
struct CancelHint {
    AttemptId id;
    std::string agent;
};

using BusMessage = std::variant<LogChanged, ProgressChanged, CancelHint>;

/// Keeps a handler subscribed; when it is destroyed the handler does not run and never will again.
class [[nodiscard]] Subscription {
  public:
    Subscription() = default;
    explicit Subscription(std::function<void()> end) : end_(std::move(end)) {}
    ~Subscription() {
        if (end_) end_();
    }
    Subscription(Subscription&& other) noexcept : end_(std::exchange(other.end_, {})) {}
    Subscription& operator=(Subscription&& other) noexcept {
        std::swap(end_, other.end_);
        return *this;
    }

  private:
    std::function<void()> end_;
};

/// News between the parts of a server or cluster that makes things faster and nothing true: what is
/// true is in the database. Messages may be lost, doubled or arrive in another order. Thread-safe.
class EventBus {
  public:
    using Handler = std::function<void(const BusMessage&)>;

    virtual ~EventBus() = default;

    /// Never blocks on a subscriber's work.
    virtual void publish(BusMessage message) = 0;

    /// `handler` runs on any thread, one message at a time. It must be quick and neither throw nor
    /// use the bus. The bus outlives the subscription.
    virtual Subscription subscribe(Handler handler) = 0;
};

}  // namespace darkroom::cluster
