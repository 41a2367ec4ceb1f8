// SPDX-License-Identifier: Apache-2.0
#include "control/agent_service.h"

#include <algorithm>
#include <chrono>

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

constexpr auto kFirstPause = std::chrono::milliseconds(100);
constexpr auto kLongestPause = std::chrono::milliseconds(30'000);
/// An agent that lived this long did not fail at its start.
constexpr auto kHealthyLife = std::chrono::seconds(5);
constexpr auto kWatchInterval = std::chrono::milliseconds(5'000);
constexpr auto kSilence = std::chrono::milliseconds(storage::kDefaultLeaseMs);

}  // namespace

AgentService::AgentService(boost::asio::any_io_executor executor, AgentServiceParts parts)
    : parts_(parts), group_(std::move(executor)) {
    parts_.dispatcher.on_interrupt([this](const domain::TaskId& id) { interrupt(id); });
    parts_.dispatcher.on_cancel([this](const domain::LeaseToken& token) { drop(token); });
}

AgentService::~AgentService() {
    stopping_ = true;
    parts_.dispatcher.on_interrupt({});
    parts_.dispatcher.on_cancel({});
    group_.cancel();
}

void AgentService::start() {
    group_.spawn(run());
    group_.spawn(watch());
}

/// Ends leases that ran out, and an agent that has been silent for as long as a lease lasts.
boost::asio::awaitable<void> AgentService::watch() {
    ReaperRounds rounds(parts_.clock, {kWatchInterval.count(), storage::kDefaultLeaseMs});
    while (true) {
        const Deadline next = Deadline::after(kWatchInterval);
        co_await runtime::sleep_until(next);
        if (!rounds.may_judge()) continue;
        const Result<storage::EndedLeases> ended =
            co_await store_call(parts_.dispatcher.store(), &TaskStore::expire_leases);
        if (ended) parts_.dispatcher.leases_ended(*ended);
        const std::shared_ptr<Link> link = *current_.lock();
        if (!link || std::chrono::steady_clock::now() - link->last_heard.load() < kSilence)
            continue;
        log::warning("agent is silent and is replaced", {{"agent", link->agent_id}});
        link->connection->kill();
    }
}

boost::asio::awaitable<void> AgentService::run() {
    auto pause = kFirstPause;
    while (!stopping_) {
        const auto born = std::chrono::steady_clock::now();
        Result<std::unique_ptr<cluster::AgentConnection>> agent = parts_.provider.start();
        if (agent) {
            parts_.metrics.count_start();
            const auto link = std::make_shared<Link>(*std::move(agent));
            *current_.lock() = link;
            co_await serve(link);
            current_.lock()->reset();
        } else {
            log::error("agent cannot be started", {{"reason", agent.error().message}});
        }
        if (stopping_) break;
        parts_.metrics.count_death();
        const bool healthy = std::chrono::steady_clock::now() - born > kHealthyLife;
        if (healthy) {
            pause = kFirstPause;
            continue;
        }
        const Deadline resume_at = Deadline::after(pause);
        co_await runtime::sleep_until(resume_at);
        pause = std::min(pause * 2, kLongestPause);
    }
    ended_.notify_all();
}

/// Serves one agent until its connection ends, then takes its tasks back.
boost::asio::awaitable<void> AgentService::serve(std::shared_ptr<Link> link) {
    // On one strand: the link and its connection belong to both.
    const boost::asio::any_io_executor strand = co_await boost::asio::this_coro::executor;
    group_.spawn_on(strand, pump(link));
    while (true) {
        Result<cluster::Message> message = co_await link->connection->receive();
        if (!message) {
            const bool expected = stopping_ && link->held.empty();
            if (!expected) {
                log::warning(
                    "agent lost", {{"agent", link->agent_id}, {"reason", message.error().message}});
            }
            break;
        }
        link->last_heard = std::chrono::steady_clock::now();
        cluster::Message received = *std::move(message);
        co_await receive(link, std::move(received));
    }
    ready_ = false;
    parts_.metrics.set_agents(0);
    link->closed = true;
    link->changed.notify_all();
    parts_.dispatcher.scheduler().agent_gone(link->agent_id);
    storage::AgentRelease release{link->agent_id, !stopping_};
    const Result<storage::EndedLeases> ended = co_await store_call(
        parts_.dispatcher.store(), &TaskStore::release_agent, std::move(release));
    if (ended) parts_.dispatcher.leases_ended(*ended);
}

boost::asio::awaitable<void> AgentService::receive(
    std::shared_ptr<Link> link, cluster::Message message) {
    if (const auto* hello = std::get_if<cluster::Hello>(&message)) {
        log::info(
            "agent ready",
            {{"agent", link->agent_id}, {"pid", hello->pid}, {"engine", hello->engine}});
        if (!hello->note.empty()) log::warning("agent note", {{"note", hello->note}});
        ready_ = true;
        parts_.metrics.set_agents(1);
    } else if (const auto* claim = std::get_if<cluster::Claim>(&message)) {
        link->claim = *claim;
        link->changed.notify_all();
    } else if (const auto* progress = std::get_if<cluster::Progress>(&message)) {
        parts_.dispatcher.progress().update(*progress);
    } else if (const auto* report = std::get_if<cluster::EngineReport>(&message)) {
        parts_.metrics.add(*report);
        if (report->work == "load") note_load(*link, report->seconds);
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

void AgentService::interrupt(const domain::TaskId& id) {
    const std::shared_ptr<Link> link = *current_.lock();
    // Attempt 0: whichever attempt the agent holds.
    if (link) link->post(cluster::Interrupt{{id.text(), 0}});
}

/// The attempt has ended in the store; without this its agent would draw on until its next
/// heartbeat.
void AgentService::drop(const domain::LeaseToken& token) {
    const std::shared_ptr<Link> link = *current_.lock();
    if (link && link->agent_id == token.agent) {
        link->post(cluster::Drop{{{token.id.text(), token.attempt}}});
    }
}

runtime::Task<void> AgentService::drain(Deadline deadline) {
    stopping_ = true;
    const std::shared_ptr<Link> link = *current_.lock();
    if (link) link->post(cluster::Drain{});
    const Result<void> ended = co_await ended_.wait(0, deadline);
    co_return ended;
}

}  // namespace darkroom::control
