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
#include <variant>
#include <vector>

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
        if (!takes_advice && std::holds_alternative<cluster::Prefetch>(message)) {
            co_return Result<void>();
        }
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            heard_.push_back(std::move(message));
        }
        arrived_.notify_all();
        co_return Result<void>();
    }

    /// True when something came that was not heard yet.
    bool has_mail() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return !heard_.empty();
    }

    /// Whether it hears what to read ahead, which comes whenever somebody else waits.
    std::atomic<bool> takes_advice = false;
    /// Memory it seems to occupy.
    std::atomic<std::uint64_t> resident_bytes = 0;

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
    explicit ScriptedConnection(std::shared_ptr<ScriptedWire> wire, std::string id = "scripted")
        : id_(std::move(id)), wire_(std::move(wire)) {}

    [[nodiscard]] const std::string& id() const override { return id_; }
    runtime::Task<cluster::Message> receive() override { return wire_->receive(); }
    runtime::Task<void> send(cluster::Message message) override {
        return wire_->send(std::move(message));
    }
    [[nodiscard]] std::optional<std::uint64_t> resident_bytes() const override {
        return wire_->resident_bytes.load();
    }
    void kill() override { wire_->hang_up(); }

  private:
    std::string id_;
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

/// Starts as many as are asked for.
class ScriptedAgents final : public cluster::InstanceProvider {
  public:
    Result<std::unique_ptr<cluster::AgentConnection>> start() override {
        const auto wire = std::make_shared<ScriptedWire>();
        std::string id;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            wires_.push_back(wire);
            id = "agent-" + std::to_string(wires_.size());
        }
        started_.notify_all();
        return std::unique_ptr<cluster::AgentConnection>(
            std::make_unique<ScriptedConnection>(wire, std::move(id)));
    }

    /// The agent that was started as the number-th, from 1; nothing when it was not within 10 s.
    std::shared_ptr<ScriptedWire> agent(std::size_t number) {
        std::unique_lock<std::mutex> lock(mutex_);
        const auto is_there = [&] { return wires_.size() >= number; };
        if (!started_.wait_for(lock, std::chrono::seconds(10), is_there)) return nullptr;
        return wires_[number - 1];
    }
    std::size_t count() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return wires_.size();
    }

  private:
    std::mutex mutex_;
    std::condition_variable started_;
    std::vector<std::shared_ptr<ScriptedWire>> wires_;
};

}  // namespace darkroom::control
