// SPDX-License-Identifier: Apache-2.0
#include "control/agent_service.h"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "control/agent_link.h"
#include "control/reaper_rounds.h"
#include "control/store_call.h"
#include "runtime/sleep.h"
#include "telemetry/log.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::TaskStore;

constexpr auto kWatchInterval = std::chrono::milliseconds(5'000);
constexpr auto kSilence = std::chrono::milliseconds(storage::kDefaultLeaseMs);

}  // namespace

AgentService::AgentService(
    boost::asio::any_io_executor executor, AgentServiceParts parts, scheduling::PoolPolicy policy)
    : parts_(parts), policy_(policy), pool_(policy), group_(std::move(executor)) {
    parts_.dispatcher.on_interrupt([this](const domain::TaskId& id) { interrupt(id); });
    parts_.dispatcher.on_cancel([&bus = parts_.bus](const domain::LeaseToken& token) {
        bus.publish(cluster::CancelHint{{token.id.text(), token.attempt}, token.agent});
    });
    subscription_ =
        parts_.bus.subscribe([this](const cluster::BusMessage& message) { hear(message); });
}

AgentService::~AgentService() {
    stopping_ = true;
    parts_.dispatcher.on_interrupt({});
    parts_.dispatcher.on_cancel({});
    subscription_ = {};
    group_.cancel();
}

void AgentService::start() {
    wanted_.lock()->emplace_back();
    group_.spawn(run());
    group_.spawn(watch());
}

/// Ends leases that ran out, and agents that have been silent for as long as a lease lasts.
boost::asio::awaitable<void> AgentService::watch() {
    ReaperRounds rounds(parts_.clock, {kWatchInterval.count(), storage::kDefaultLeaseMs});
    while (true) {
        const Deadline next = Deadline::after(kWatchInterval);
        co_await runtime::sleep_until(next);
        if (!rounds.may_judge()) continue;
        const Result<storage::EndedLeases> ended =
            co_await store_call(parts_.dispatcher.store(), &TaskStore::expire_leases);
        if (ended) parts_.dispatcher.leases_ended(*ended);
        for (const std::shared_ptr<Link>& link : links()) {
            if (std::chrono::steady_clock::now() - link->last_heard.load() < kSilence) continue;
            log::warning("agent is silent and is replaced", {{"agent", link->agent_id}});
            link->connection->kill();
        }
    }
}

/// Serves one agent until its connection ends, then takes its tasks back.
boost::asio::awaitable<void> AgentService::serve(std::shared_ptr<Link> link) {
    // On one strand: the link and its connection belong to both.
    const boost::asio::any_io_executor strand = co_await boost::asio::this_coro::executor;
    group_.spawn_on(strand, pump(link));
    std::string reason;
    while (reason.empty()) {
        Result<cluster::Message> message = co_await link->connection->receive();
        if (!message) {
            reason = message.error().message;
            break;
        }
        const bool is_back = link->is_quiet();
        link->last_heard = std::chrono::steady_clock::now();
        if (is_back) link->changed.notify_all();
        cluster::Message received = *std::move(message);
        co_await receive(link, std::move(received));
    }
    const AgentPool::Departure departure = pool_.remove(link->agent_id);
    const bool is_expected = (stopping_ || departure.is_expected) && link->held.empty();
    if (!is_expected) log::warning("agent lost", {{"agent", link->agent_id}, {"reason", reason}});
    if (!stopping_) note_departure(departure);
    link->closed = true;
    link->changed.notify_all();
    parts_.dispatcher.scheduler().agent_gone(link->agent_id);
    storage::AgentRelease release{link->agent_id, !stopping_};
    const Result<storage::EndedLeases> ended = co_await store_call(
        parts_.dispatcher.store(), &TaskStore::release_agent, std::move(release));
    if (ended) parts_.dispatcher.leases_ended(*ended);
    {
        const auto links = links_.lock();
        links->erase(link->agent_id);
        parts_.metrics.set_agents(static_cast<int>(links->size()));
    }
    pool_changed_.notify_all();
    // The others may have to do without it.
    parts_.dispatcher.wake_agents();
}

boost::asio::awaitable<void> AgentService::receive(
    std::shared_ptr<Link> link, cluster::Message message) {
    if (const auto* hello = std::get_if<cluster::Hello>(&message)) {
        log::info(
            "agent ready",
            {{"agent", link->agent_id}, {"pid", hello->pid}, {"engine", hello->engine}});
        if (!hello->note.empty()) log::warning("agent note", {{"note", hello->note}});
        ready_ = true;
    } else if (const auto* claim = std::get_if<cluster::Claim>(&message)) {
        link->claim = *claim;
        pool_.set_room(link->agent_id, link->room());
        pool_changed_.notify_all();
        link->changed.notify_all();
    } else if (const auto* progress = std::get_if<cluster::Progress>(&message)) {
        report(*progress);
    } else if (const auto* report = std::get_if<cluster::EngineReport>(&message)) {
        parts_.metrics.add(*report);
        if (report->work == "load") note_load(*link, report->seconds);
    } else if (const auto* resident = std::get_if<cluster::Resident>(&message)) {
        note_resident(*link, *resident);
    } else if (auto* heartbeat = std::get_if<cluster::AgentHeartbeat>(&message)) {
        cluster::AgentHeartbeat beat = std::move(*heartbeat);
        co_await renew(link, std::move(beat));
    } else if (auto* done = std::get_if<cluster::Done>(&message)) {
        cluster::Done finished = std::move(*done);
        co_await finish(link, std::move(finished));
    } else if (auto* failed = std::get_if<cluster::Failed>(&message)) {
        cluster::Failed rejected = std::move(*failed);
        co_await reject(link, std::move(rejected));
    }
}

/// Those who wait for a load did not use the device meanwhile.
void AgentService::note_load(Link& link, double seconds) {
    link.shares.deduct(seconds);
    parts_.dispatcher.scheduler().loaded(link.agent_id, seconds);
}

void AgentService::note_resident(Link& link, const cluster::Resident& resident) {
    pool_.set_resident(link.agent_id, resident);
    if (resident.loaded < 1 && resident.failure.empty()) return;
    const std::string checkpoint = checkpoint_of(resident.model);
    if (!checkpoint.empty()) parts_.functions.set_load_failure(checkpoint, resident.failure);
    pool_changed_.notify_all();
    link.changed.notify_all();
}

AgentService::Ended AgentService::forget(Link& link, const cluster::AttemptId& id) {
    const double device_s = link.forget(id, parts_.clock.boot_ms());
    std::string model = pool_.release(link.agent_id, id);
    pool_changed_.notify_all();
    return {std::move(model), device_s};
}

std::shared_ptr<AgentService::Link> AgentService::find(const std::string& agent) {
    const auto links = links_.lock();
    const auto found = links->find(agent);
    return found == links->end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<AgentService::Link>> AgentService::links() {
    std::vector<std::shared_ptr<Link>> all;
    const auto links = links_.lock();
    for (const auto& [id, link] : *links)
        all.push_back(link);
    return all;
}

void AgentService::interrupt(const domain::TaskId& id) {
    // Attempt 0: whichever attempt an agent holds.
    for (const std::shared_ptr<Link>& link : links())
        link->post(cluster::Interrupt{{id.text(), 0}});
}

void AgentService::hear(const cluster::BusMessage& message) {
    const auto* hint = std::get_if<cluster::CancelHint>(&message);
    if (hint != nullptr) drop(hint->agent, hint->id);
}

/// The attempt has ended in the store; without this its agent would draw on until its next
/// heartbeat.
void AgentService::drop(const std::string& agent, const cluster::AttemptId& id) {
    const std::shared_ptr<Link> link = find(agent);
    if (link) link->post(cluster::Drop{{id}});
}

void AgentService::report(const cluster::Progress& progress) {
    std::optional<std::string> tenant = parts_.dispatcher.progress().update(progress);
    if (tenant) parts_.bus.publish(cluster::ProgressChanged{*std::move(tenant), progress});
}

void AgentService::retire(const std::string& model) {
    for (const domain::Instance& instance : pool_.instances(model)) {
        const std::shared_ptr<Link> link = find(instance.agent);
        if (link && pool_.end(instance.agent, false)) tell_to_end(*link);
    }
}

/// Nothing is left to it any more.
void AgentService::tell_to_end(Link& link) {
    parts_.dispatcher.scheduler().agent_gone(link.agent_id);
    link.post(cluster::Drain{});
    parts_.dispatcher.wake_agents();
}

void AgentService::restart() {
    for (const std::shared_ptr<Link>& link : links()) {
        if (pool_.end(link->agent_id, true)) tell_to_end(*link);
    }
}

runtime::Task<void> AgentService::drain(Deadline deadline) {
    stopping_ = true;
    for (const std::shared_ptr<Link>& link : links())
        link->post(cluster::Drain{});
    pool_changed_.notify_all();
    while (true) {
        const std::uint64_t seen = pool_changed_.count();
        if (links().empty()) co_return Result<void>();
        const Result<void> changed = co_await pool_changed_.wait(seen, deadline);
        if (!changed) co_return changed;
    }
}

}  // namespace darkroom::control
