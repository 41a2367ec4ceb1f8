// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "cluster/instance_provider.h"
#include "runtime/async_event.h"

namespace darkroom::control {

/// Both ends of a wire whose agent is the test: `say` and `hear` are for the test's thread.
class ScriptedWire {
  public:
    void say(cluster::Message message) {
        said_.lock()->push_back(std::move(message));
        changed_.notify_all();
    }
    /// The agent dies once control has heard what it said.
    void hang_up() {
        hung_up_ = true;
        changed_.notify_all();
    }

    /// The next message from control; nothing after 10 s.
    std::optional<cluster::Message> hear() {
        std::unique_lock<std::mutex> lock(mutex_);
        if (!arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return !heard_.empty(); }))
            return std::nullopt;
        cluster::Message message = std::move(heard_.front());
        heard_.pop_front();
        return message;
    }

    runtime::Task<cluster::Message> receive() {
        while (true) {
            const std::uint64_t seen = changed_.count();
            {
                const auto said = said_.lock();
                if (!said->empty()) {
                    cluster::Message message = std::move(said->front());
                    said->pop_front();
                    co_return message;
                }
            }
            if (hung_up_) co_return Error{ErrorCode::unavailable, "the agent is gone"};
            const Result<void> waited = co_await changed_.wait(seen, runtime::Deadline::never());
            if (!waited) co_return waited.error();
        }
    }

    runtime::Task<void> send(cluster::Message message) {
        if (hung_up_) co_return Error{ErrorCode::unavailable, "the agent is gone"};
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            heard_.push_back(std::move(message));
        }
        arrived_.notify_all();
        co_return Result<void>();
    }

  private:
    Guarded<std::deque<cluster::Message>> said_;
    std::atomic<bool> hung_up_ = false;
    runtime::AsyncEvent changed_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<cluster::Message> heard_;
};

class ScriptedConnection final : public cluster::AgentConnection {
  public:
    explicit ScriptedConnection(std::shared_ptr<ScriptedWire> wire) : wire_(std::move(wire)) {}

    [[nodiscard]] const std::string& id() const override { return id_; }
    runtime::Task<cluster::Message> receive() override { return wire_->receive(); }
    runtime::Task<void> send(cluster::Message message) override {
        return wire_->send(std::move(message));
    }
    void kill() override { wire_->hang_up(); }

  private:
    std::string id_ = "scripted";
    std::shared_ptr<ScriptedWire> wire_;
};

/// Has one agent to give: the other end of `wire`.
class ScriptedProvider final : public cluster::InstanceProvider {
  public:
    Result<std::unique_ptr<cluster::AgentConnection>> start() override {
        if (std::exchange(given_, true)) {
            return Error{ErrorCode::unavailable, "there is only one scripted agent"};
        }
        return std::unique_ptr<cluster::AgentConnection>(
            std::make_unique<ScriptedConnection>(wire));
    }

    const std::shared_ptr<ScriptedWire> wire = std::make_shared<ScriptedWire>();

  private:
    bool given_ = false;
};

}  // namespace darkroom::control
