// SPDX-License-Identifier: Apache-2.0
// The part of AgentService that starts and ends agents.

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "control/agent_link.h"
#include "control/store_call.h"
#include "telemetry/log.h"
#include "telemetry/log_failure.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::TaskStore;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kFirstPause = std::chrono::milliseconds(100);
constexpr auto kLongestPause = std::chrono::milliseconds(30'000);
/// An agent that lived this long did not fail at its start.
constexpr auto kHealthyLife = std::chrono::milliseconds(5'000);
/// Between two looks at times and memory while there are agents, at most.
constexpr auto kLongestRound = std::chrono::milliseconds(1'000);
constexpr auto kShortestRound = std::chrono::milliseconds(20);
/// Without agents only a back-off is waited for.
constexpr auto kRestingRound = std::chrono::milliseconds(30'000);
constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

}  // namespace

boost::asio::awaitable<void> AgentService::run() {
    const auto idle = std::chrono::milliseconds(
        static_cast<std::int64_t>(std::min(policy_.idle_s, 1e6) * 1'000.0 / 4.0));
    const auto round = std::clamp(idle, kShortestRound, kLongestRound);
    while (!stopping_) {
        const std::uint64_t seen = pool_changed_.count();
        const runtime::AsyncEvent& queue = parts_.dispatcher.queue_changed();
        const std::uint64_t queue_seen = queue.count();
        co_await scale();
        const bool is_resting = links().empty() && wanted_.lock()->empty();
        const SteadyClock::time_point now = SteadyClock::now();
        SteadyClock::time_point next_look = now + (is_resting ? kRestingRound : round);
        const SteadyClock::time_point pause_end = backoff_.lock()->until;
        if (pause_end > now) next_look = std::min(next_look, pause_end);
        const Deadline next = Deadline::at(next_look);
        std::vector<runtime::Watch> watches;
        watches.emplace_back(pool_changed_, seen);
        watches.emplace_back(queue, queue_seen);
        const Result<std::size_t> news = co_await runtime::wait_any(std::move(watches), next);
        if (!news && news.error().code != ErrorCode::deadline_exceeded) co_return;
    }
}

boost::asio::awaitable<void> AgentService::scale() {
    const Result<std::vector<storage::BacklogEntry>> backlog =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::backlog);
    if (!backlog) co_return;
    co_await end_overdue();
    watch_memory();
    if (stopping_ || parts_.dispatcher.is_draining()) co_return;
    const bool may_start = SteadyClock::now() >= backoff_.lock()->until;
    std::vector<std::string> wanted;
    if (may_start) wanted = std::exchange(*wanted_.lock(), {});
    carry_out(pool_.plan(pooled(*backlog), wanted, may_start));
    if (backlog->empty()) co_return;
    // Whether an agent may switch depends on how many there are.
    for (const std::shared_ptr<Link>& link : links())
        link->changed.notify_all();
}

std::string AgentService::checkpoint_of(const std::string& model) {
    if (model.empty()) return {};
    const std::vector<domain::ModelDescription> models = parts_.models.models();
    const domain::ModelDescription* found = domain::find_model(models, model);
    return found == nullptr ? std::string() : found->relative_name;
}

/// What scaling must know: who waits, the most urgent first, and who has limits.
AgentPool::Functions AgentService::pooled(const std::vector<storage::BacklogEntry>& backlog) {
    std::vector<storage::BacklogEntry> order = backlog;
    std::ranges::stable_sort(order, [](const auto& a, const auto& b) {
        if (a.priority != b.priority) return a.priority > b.priority;
        return a.least_vft != b.least_vft ? a.least_vft < b.least_vft : a.oldest_ms < b.oldest_ms;
    });
    AgentPool::Functions functions;
    const auto of = [&](const std::string& model) -> scheduling::PooledFunction& {
        const auto found = std::ranges::find(functions, model, &scheduling::PooledFunction::model);
        if (found != functions.end()) return *found;
        functions.push_back({.model = model});
        return functions.back();
    };
    for (const storage::BacklogEntry& entry : order)
        of(entry.model).waiting += entry.tasks;
    const std::vector<domain::ModelDescription> models = parts_.models.models();
    for (const domain::Function& function : parts_.functions.all()) {
        const auto model = std::ranges::find(
            models, function.checkpoint, &domain::ModelDescription::relative_name);
        if (model == models.end()) continue;
        scheduling::PooledFunction& row = of(model->name);
        row.max_instances = function.settings.max_instances;
        if (parts_.functions.may_load_ahead(function.checkpoint)) {
            row.min_instances = function.settings.min_instances;
        }
        const std::uint64_t largest = pool_.largest(model->name);
        row.bytes = largest > 0 ? largest : model->size_bytes;
    }
    return functions;
}

void AgentService::carry_out(const scheduling::PoolOrders& orders) {
    for (const std::string& id : orders.stops) {
        const std::shared_ptr<Link> link = find(id);
        if (!link || !pool_.end_idle(id)) continue;
        log::info("agent ends, as nobody needs it", {{"agent", id}});
        tell_to_end(*link);
    }
    for (const scheduling::PoolOrders::Load& order : orders.loads) {
        if (pool_.begin_load(order.agent, order.model)) load(order.agent, order.model);
    }
    for (const scheduling::PoolOrders::Start& start : orders.starts)
        start_agent(start);
}

void AgentService::start_agent(const scheduling::PoolOrders::Start& purpose) {
    if (stopping_) return;
    Result<std::unique_ptr<cluster::AgentConnection>> agent = parts_.provider.start();
    if (!agent) {
        log::failure(log::Level::error, "agent cannot be started", agent.error());
        ready_ = false;
        want_again(purpose.loads ? purpose.model : std::string());
        back_off();
        return;
    }
    parts_.metrics.count_start();
    const auto link = std::make_shared<Link>(*std::move(agent));
    pool_.add(link->agent_id, purpose);
    {
        const auto links = links_.lock();
        links->insert_or_assign(link->agent_id, link);
        parts_.metrics.set_agents(static_cast<int>(links->size()));
    }
    if (purpose.loads) load(link->agent_id, purpose.model);
    // A drain that began meanwhile did not see this agent.
    if (stopping_) link->post(cluster::Drain{});
    group_.spawn(serve(link));
}

void AgentService::want_again(std::string model) {
    const auto wanted = wanted_.lock();
    if (std::ranges::find(*wanted, model) == wanted->end()) wanted->push_back(std::move(model));
}

/// Tells an agent to load a checkpoint; the pool knows of it already.
void AgentService::load(const std::string& agent, const std::string& model) {
    const std::vector<domain::ModelDescription> models = parts_.models.models();
    const domain::ModelDescription* found = domain::find_model(models, model);
    const std::shared_ptr<Link> link = find(agent);
    if (!link) return;
    if (found == nullptr) {
        pool_.set_resident(agent, {model, 0, "the checkpoint is no longer in the models folder"});
        return;
    }
    parts_.dispatcher.scheduler().assigned(agent, model);
    link->post(cluster::Load{model, found->filename, found->sha256, found->identity});
}

void AgentService::back_off() {
    const auto backoff = backoff_.lock();
    backoff->pause = std::clamp(backoff->pause * 2, kFirstPause, kLongestPause);
    backoff->until = SteadyClock::now() + backoff->pause;
}

void AgentService::note_departure(const AgentPool::Departure& departure) {
    if (departure.is_expected) {
        if (departure.is_replaced) wanted_.lock()->push_back(departure.model);
        return;
    }
    parts_.metrics.count_death();
    wanted_.lock()->emplace_back();
    if (departure.lifetime > kHealthyLife) {
        backoff_.lock()->pause = {};
    } else {
        back_off();
        ready_ = false;
    }
}

/// Ends the attempts that took longer than their function allows.
boost::asio::awaitable<void> AgentService::end_overdue() {
    for (const AgentPool::Held& held : pool_.held()) {
        const std::int64_t timeout_s =
            parts_.functions.settings(checkpoint_of(held.model)).timeout_s;
        if (timeout_s <= 0 || SteadyClock::now() - held.began < std::chrono::seconds(timeout_s))
            continue;
        AgentPool::Held late = held;
        co_await end_late(std::move(late), timeout_s);
    }
}

boost::asio::awaitable<void> AgentService::end_late(AgentPool::Held held, std::int64_t timeout_s) {
    const Result<domain::TaskId> id = domain::TaskId::parse(held.id.task);
    if (!id) co_return;
    domain::LeaseToken token{*id, held.id.attempt, held.agent};
    Error error{
        ErrorCode::deadline_exceeded,
        format("the task took longer than its function's timeout: {} s", timeout_s)};
    storage::FailedAttempt attempt{token, {std::move(error), false}};
    const Result<domain::FailOutcome> outcome =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::fail, std::move(attempt));
    const std::string trace = parts_.dispatcher.trace_id(*id);
    if (!outcome) {
        // It is looked at again in the next round.
        if (outcome.error().code == ErrorCode::cancelled) co_return;
        log::error(
            "a task cannot be ended",
            {{"task", held.id.task}, {"trace", trace}, {"reason", outcome.error().message}});
        co_return;
    }
    drop(held.agent, held.id);
    pool_.release(held.agent, held.id);
    if (*outcome == domain::FailOutcome::stale) co_return;
    log::info(
        "task took longer than its function allows",
        {{"task", held.id.task}, {"trace", trace}, {"timeout_s", timeout_s}});
    parts_.dispatcher.task_ended(*id);
    const domain::FunctionUsage usage{1, 0, 1};
    co_await count(std::move(held.model), usage);
}

/// Agents over the memory limit of their function are replaced.
void AgentService::watch_memory() {
    for (const std::shared_ptr<Link>& link : links()) {
        const std::optional<std::uint64_t> bytes = link->connection->resident_bytes();
        if (!bytes) continue;
        pool_.set_bytes(link->agent_id, *bytes);
        const std::string checkpoint = checkpoint_of(pool_.model_of(link->agent_id));
        if (checkpoint.empty()) continue;
        const std::int64_t limit_mb = parts_.functions.settings(checkpoint).memory_mb;
        if (limit_mb <= 0 || *bytes <= static_cast<std::uint64_t>(limit_mb) * kMebibyte) continue;
        const std::string reason =
            format("an agent needed more than the memorySize of its function: {} MiB", limit_mb);
        log::warning(
            "agent is over its memory limit and is replaced",
            {{"agent", link->agent_id}, {"limit_mib", limit_mb}});
        parts_.functions.set_load_failure(checkpoint, reason);
        link->connection->kill();
    }
}

}  // namespace darkroom::control
