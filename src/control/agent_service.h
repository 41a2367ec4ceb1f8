// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "base/guarded.h"
#include "cluster/instance_provider.h"
#include "control/dispatcher.h"
#include "control/engine_metrics.h"
#include "control/model_folder.h"
#include "runtime/blocking_pool.h"
#include "runtime/task_group.h"
#include "storage/object_store.h"

namespace darkroom::control {

/// What an AgentService works with; everything outlives it.
struct AgentServiceParts {
    Dispatcher& dispatcher;
    cluster::InstanceProvider& provider;
    ModelFolder& models;
    storage::ObjectStore& objects;
    runtime::BlockingPool& blocking;
    EngineMetrics& metrics;
    Clock& clock;
};

/// Keeps one agent alive: starts it, hands it tasks as it claims them, stores what it delivers, and
/// when it dies puts its tasks back at once and starts another, with back-off.
class AgentService {
  public:
    AgentService(boost::asio::any_io_executor executor, AgentServiceParts parts);
    ~AgentService();
    AgentService(const AgentService&) = delete;
    AgentService& operator=(const AgentService&) = delete;

    /// Begins. Once.
    void start();

    /// True while an agent is connected and has said hello.
    [[nodiscard]] bool is_ready() const { return ready_; }

    /// Lets the agent finish what it holds and waits for its end; nothing is started any more. At
    /// the deadline it is cut off, and its tasks go back to the queue at no cost to them.
    runtime::Task<void> drain(runtime::Deadline deadline);

  private:
    struct Link;

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> serve(std::shared_ptr<Link> link);
    boost::asio::awaitable<void> watch();
    boost::asio::awaitable<void> pump(std::shared_ptr<Link> link);
    runtime::Task<void> hand_out(std::shared_ptr<Link> link);
    runtime::Task<void> assign(std::shared_ptr<Link> link, domain::Task task);
    runtime::Task<void> refuse(domain::LeaseToken token, Error error);
    boost::asio::awaitable<void> receive(std::shared_ptr<Link> link, cluster::Message message);
    boost::asio::awaitable<void> finish(std::shared_ptr<Link> link, cluster::Done done);
    boost::asio::awaitable<void> reject(std::shared_ptr<Link> link, cluster::Failed failed);
    boost::asio::awaitable<void> renew(
        std::shared_ptr<Link> link, cluster::AgentHeartbeat heartbeat);
    void learn(const domain::TaskId& id, double device_s);
    void note_load(Link& link, double seconds);
    void interrupt(const domain::TaskId& id);
    void drop(const domain::LeaseToken& token);
    boost::asio::awaitable<void> remove_pictures(std::string tenant, cluster::AttemptId id);

    AgentServiceParts parts_;
    std::atomic<bool> ready_ = false;
    std::atomic<bool> stopping_ = false;
    /// The link of the agent that runs now.
    Guarded<std::shared_ptr<Link>> current_;
    runtime::AsyncEvent ended_;
    runtime::TaskGroup group_;
};

}  // namespace darkroom::control
