// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "base/guarded.h"
#include "cluster/event_bus.h"
#include "cluster/instance_provider.h"
#include "control/agent_pool.h"
#include "control/dispatcher.h"
#include "control/engine_metrics.h"
#include "control/function_registry.h"
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
    FunctionRegistry& functions;
    cluster::EventBus& bus;
};

/// Runs the pool of agents: starts and ends them as scheduling::scale says, hands them tasks as
/// they claim them, stores what they deliver, and when one dies puts its tasks back at once and
/// starts another, with back-off. One agent is started at the beginning, so that what is wrong with
/// the engine shows at once.
class AgentService {
  public:
    AgentService(
        boost::asio::any_io_executor executor,
        AgentServiceParts parts,
        scheduling::PoolPolicy policy = {});
    ~AgentService();
    AgentService(const AgentService&) = delete;
    AgentService& operator=(const AgentService&) = delete;

    /// Begins. Once.
    void start();

    /// True when the last agent that was started said hello and the last one that went did so
    /// because it was told to: none at all is fine while nobody needs one.
    [[nodiscard]] bool is_ready() const { return ready_; }

    /// Agents that serve a checkpoint, by the name that tasks call it.
    [[nodiscard]] std::vector<domain::Instance> instances(const std::string& model) {
        return pool_.instances(model);
    }
    /// Ends the agents of a checkpoint once what they hold is finished.
    void retire(const std::string& model);
    /// Looks at once whether the functions' limits ask for more or fewer agents.
    void reconsider() { pool_changed_.notify_all(); }
    /// Replaces every agent once what it holds is finished; its successor loads what it had.
    void restart();

    /// Lets the agents finish what they hold and waits for their end; nothing is started any more.
    /// At the deadline they are cut off, and their tasks go back to the queue at no cost to them.
    runtime::Task<void> drain(runtime::Deadline deadline);

  private:
    struct Link;
    /// An attempt that an agent holds no longer.
    struct Ended {
        /// Empty when it did not hold it.
        std::string model;
        double device_s = 0.0;
    };
    /// How long to wait before an agent is started again.
    struct Backoff {
        std::chrono::milliseconds pause{0};
        std::chrono::steady_clock::time_point until = {};
    };

    using Links = std::map<std::string, std::shared_ptr<Link>>;

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> scale();
    boost::asio::awaitable<void> end_overdue();
    boost::asio::awaitable<void> end_late(AgentPool::Held held, std::int64_t timeout_s);
    AgentPool::Functions pooled(const std::vector<storage::BacklogEntry>& backlog);
    void watch_memory();
    void carry_out(const scheduling::PoolOrders& orders);
    void start_agent(const scheduling::PoolOrders::Start& purpose);
    void load(const std::string& agent, const std::string& model);
    void tell_to_end(Link& link);
    void want_again(std::string model);
    void back_off();
    void note_departure(const AgentPool::Departure& departure);
    void note_resident(Link& link, const cluster::Resident& resident);
    Ended forget(Link& link, const cluster::AttemptId& id);
    [[nodiscard]] std::vector<storage::BacklogEntry> open_to(
        const std::string& agent,
        const std::vector<storage::BacklogEntry>& backlog,
        const AgentPool::Functions& functions);
    [[nodiscard]] std::shared_ptr<Link> find(const std::string& agent);
    [[nodiscard]] std::vector<std::shared_ptr<Link>> links();
    [[nodiscard]] std::string checkpoint_of(const std::string& model);
    boost::asio::awaitable<void> count(std::string model, domain::FunctionUsage usage);
    runtime::Task<void> send(std::shared_ptr<Link> link, cluster::Message message);
    runtime::Task<void> begin_function(std::shared_ptr<Link> link, std::string model);
    void note_held(Link& link, const domain::Task& task);
    runtime::Task<void> send_threads(std::shared_ptr<Link> link, std::string model);
    boost::asio::awaitable<void> serve(std::shared_ptr<Link> link);
    boost::asio::awaitable<void> watch();
    boost::asio::awaitable<void> pump(std::shared_ptr<Link> link);
    runtime::Task<void> hand_out(std::shared_ptr<Link> link);
    runtime::Task<void> prefetch(std::shared_ptr<Link> link);
    runtime::Task<cluster::Assignment> prepare(domain::Task task);
    runtime::Task<void> assign(std::shared_ptr<Link> link, domain::Task task);
    runtime::Task<void> refuse(domain::LeaseToken token, Error error);
    boost::asio::awaitable<void> receive(std::shared_ptr<Link> link, cluster::Message message);
    boost::asio::awaitable<void> finish(std::shared_ptr<Link> link, cluster::Done done);
    boost::asio::awaitable<void> reject(std::shared_ptr<Link> link, cluster::Failed failed);
    boost::asio::awaitable<void> renew(
        std::shared_ptr<Link> link, cluster::AgentHeartbeat heartbeat);
    [[nodiscard]] bool is_interrupted(const domain::TaskId& id);
    void note_load(Link& link, double seconds);
    void interrupt(const domain::TaskId& id);
    void hear(const cluster::BusMessage& message);
    void drop(const std::string& agent, const cluster::AttemptId& id);
    void report(const cluster::Progress& progress);
    boost::asio::awaitable<void> remove_pictures(domain::Task task, cluster::AttemptId id);

    AgentServiceParts parts_;
    const scheduling::PoolPolicy policy_;
    std::atomic<bool> ready_ = false;
    std::atomic<bool> stopping_ = false;
    AgentPool pool_;
    /// By agent.
    Guarded<Links> links_;
    /// Agents to start in the place of others, by what they are to load.
    Guarded<std::vector<std::string>> wanted_;
    Guarded<Backoff> backoff_;
    /// Fires when an agent comes, goes, or has other room.
    runtime::AsyncEvent pool_changed_;
    cluster::Subscription subscription_;
    runtime::TaskGroup group_;
};

}  // namespace darkroom::control
