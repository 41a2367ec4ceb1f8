// SPDX-License-Identifier: Apache-2.0
#include "control/scheduler.h"

#include <algorithm>

namespace darkroom::control {
namespace {

using scheduling::ModelBacklog;
using scheduling::Tier;
using scheduling::Waiting;

/// Rows of a server without predictions say 0.
constexpr double kLeastCost = 0.001;

/// A tenant is charged at most this many times its prediction more.
constexpr double kMostExcess = 10.0;

/// What the task's tag charged its tenant.
double charge_of(const Waiting& task) {
    return (task.tag.finish - task.tag.start) * task.share.weight;
}

/// One entry per checkpoint; those of a checkpoint follow each other, the highest class first.
std::vector<ModelBacklog> by_model(std::span<const storage::BacklogEntry> entries) {
    std::vector<ModelBacklog> models;
    for (const storage::BacklogEntry& entry : entries) {
        if (models.empty() || models.back().model != entry.model) {
            ModelBacklog model;
            model.model = entry.model;
            model.priority = entry.priority;
            model.least_vft = entry.least_vft;
            models.push_back(std::move(model));
        }
        models.back().tasks += entry.tasks;
        models.back().seconds += entry.cost_s;
    }
    return models;
}

}  // namespace

scheduling::CostModel::State costs_of(std::span<const storage::DrawnTask> drawn) {
    scheduling::CostModel costs;
    for (const storage::DrawnTask& task : drawn)
        costs.observe(task.function, task.work_size, task.device_s);
    return costs.state();
}

Scheduler::Scheduler(Clock& clock, SchedulerOptions options)
    : clock_(clock), options_(std::move(options)) {
    const auto state = state_.lock();
    state->costs = scheduling::CostModel(options_.costs);
}

double Scheduler::now_s() {
    return static_cast<double>(clock_.boot_ms()) / 1'000.0;
}

void Scheduler::State::advance(std::int32_t priority) {
    if (const auto least = line.least_start(priority)) fair.advance(priority, *least);
}

/// Takes a task out of the line.
std::optional<Waiting> Scheduler::State::remove(const domain::TaskId& id) {
    std::optional<Waiting> task = line.remove(id);
    const auto work = works.find(id);
    if (task && work != works.end()) tag_costs.leave(work->second.function);
    return task;
}

double Scheduler::predict(const Demand& demand) {
    return state_.lock()->costs.predict(demand.work);
}

Result<Admitted> Scheduler::admit(const domain::NewTask& task, const Demand& demand) {
    const auto state = state_.lock();
    const double cost_s = state->costs.predict(demand.work);
    const scheduling::QueueSituation queue{
        state->line.load_of(demand.share.tenant), state->line.load()};
    DARKROOM_TRY(scheduling::admit(options_.limits, queue, cost_s));
    state->advance(demand.share.priority);
    Waiting waiting{task.id};
    waiting.share = demand.share;
    waiting.model = task.model;
    waiting.cost_s = cost_s;
    waiting.tag = state->fair.stamp(demand.share, state->tag_costs.join(demand.work, state->costs));
    const double vft = waiting.tag.finish;
    state->line.add(std::move(waiting));
    state->works[task.id] = demand.work;
    return Admitted{cost_s, vft};
}

void Scheduler::restore(const domain::Task& queued) {
    const auto state = state_.lock();
    if (state->held.contains(queued.id)) return;
    Waiting waiting{queued.id};
    waiting.share = {queued.tenant, 1.0, queued.priority};
    waiting.model = queued.model;
    waiting.cost_s = std::max(queued.cost_s, kLeastCost);
    waiting.tag = {queued.vft - waiting.cost_s, queued.vft};
    const scheduling::Share share = waiting.share;
    const scheduling::Tag tag = waiting.tag;
    if (state->line.add(std::move(waiting))) state->fair.restore(share, tag);
}

void Scheduler::taken(const domain::TaskId& id) {
    const double now = now_s();
    const auto state = state_.lock();
    std::optional<Waiting> task = state->remove(id);
    if (!task) return;
    // Virtual time goes on to what is served, unless somebody who waits is behind that.
    const std::int32_t priority = task->share.priority;
    const auto least = state->line.least_start(priority);
    state->fair.advance(priority, least ? std::min(*least, task->tag.start) : task->tag.start);
    state->held.emplace(id, Held{*std::move(task), now});
}

void Scheduler::put_back(const domain::TaskId& id) {
    const auto state = state_.lock();
    const auto held = state->held.find(id);
    if (held == state->held.end()) return;
    state->line.add(std::move(held->second.task));
    state->held.erase(held);
    const auto work = state->works.find(id);
    if (work != state->works.end()) state->tag_costs.join(work->second, state->costs);
}

void Scheduler::ended(const domain::TaskId& id) {
    const auto state = state_.lock();
    state->held.erase(id);
    if (const std::optional<Waiting> task = state->remove(id)) {
        state->fair.correct(task->share, -charge_of(*task));
    }
    state->works.erase(id);
}

void Scheduler::drawn(const domain::TaskId& id, double seconds) {
    if (seconds <= 0.0) return;
    const auto state = state_.lock();
    const auto held = state->held.find(id);
    const auto work = state->works.find(id);
    if (held == state->held.end() || work == state->works.end()) return;
    // Relative to what is known now: tags may be in the numbers of an earlier time.
    const double excess = seconds / state->costs.predict(work->second) - 1.0;
    const Waiting& task = held->second.task;
    state->fair.correct(task.share, charge_of(task) * std::min(excess, kMostExcess));
    state->tag_costs.observe(state->costs, work->second, seconds);
}

/// Seconds to load those that no agent has.
double Scheduler::State::load_s(const std::set<std::string>& models) const {
    double seconds = 0.0;
    for (const std::string& model : models) {
        Tier best = Tier::cold;
        for (const auto& [id, agent] : agents)
            best = std::min(best, tier(agent, model));
        seconds += costs.predict_load(model, best);
    }
    return seconds;
}

/// Device seconds that what is being drawn still needs, if each gets an equal share.
double Scheduler::State::held_s(double now_s) const {
    const auto sharing = static_cast<double>(held.size()) / static_cast<double>(agent_count());
    double seconds = 0.0;
    for (const auto& [id, entry] : held) {
        const double served = (now_s - entry.taken_s) / std::max(sharing, 1.0);
        seconds += std::max(0.0, entry.task.cost_s - served);
    }
    return seconds;
}

std::int64_t Scheduler::State::agent_count() const {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(agents.size()));
}

Tier Scheduler::State::tier(const Agent& agent, const std::string& model) const {
    if (agent.state.resident == model) return Tier::resident;
    return agent.loaded.contains(model) ? Tier::cached : Tier::cold;
}

std::optional<QueuePlace> Scheduler::place(const domain::TaskId& id) {
    const double now = now_s();
    const auto state = state_.lock();
    const auto place = state->line.place(id);
    if (!place) return std::nullopt;
    const double before = state->held_s(now) + place->seconds_before + state->load_s(place->models);
    const double waits = before / static_cast<double>(state->agent_count());
    return QueuePlace{place->tasks_before, waits + place->own_seconds};
}

std::int64_t Scheduler::retry_after_s(const std::string& tenant) {
    const auto state = state_.lock();
    const scheduling::QueueLoad all = state->line.load();
    const bool is_full = options_.limits.tasks > 0 && all.tasks >= options_.limits.tasks;
    const double waiting = is_full ? all.seconds : state->line.load_of(tenant).seconds;
    return scheduling::retry_after_s(waiting, state->agent_count());
}

std::optional<scheduling::Placement> Scheduler::next_for(
    const AgentRoom& agent, std::span<const storage::BacklogEntry> backlog) {
    const double now = now_s();
    const auto state = state_.lock();
    Agent& asking = state->agents[agent.id];
    asking.state.id = agent.id;
    asking.state.room = agent.room;
    asking.state.is_busy = agent.is_busy;
    std::vector<scheduling::AgentState> others;
    for (const auto& [id, other] : state->agents) {
        if (id != agent.id) others.push_back(other.state);
    }
    std::vector<ModelBacklog> models = by_model(backlog);
    for (ModelBacklog& model : models)
        model.load_s = state->costs.predict_load(model.model, state->tier(asking, model.model));
    return scheduling::place(asking.state, others, models, options_.placement, now);
}

bool Scheduler::assigned(const std::string& agent, const std::string& model) {
    const double now = now_s();
    const auto state = state_.lock();
    scheduling::AgentState& given = state->agents[agent].state;
    given.room -= 1;
    if (model.empty()) return false;
    given.is_busy = true;
    if (given.resident == model) return false;
    given.resident = model;
    given.quantum_began_s = now;
    return state->agents.size() > 1;
}

void Scheduler::loaded(const std::string& agent, double seconds) {
    const auto state = state_.lock();
    Agent& loader = state->agents[agent];
    const std::string& model = loader.state.resident;
    if (model.empty()) return;
    const bool is_first = loader.loaded.insert(model).second;
    state->costs.observe_load(model, is_first ? Tier::cold : Tier::cached, seconds);
}

void Scheduler::agent_gone(const std::string& agent) {
    state_.lock()->agents.erase(agent);
}

scheduling::CostModel::State Scheduler::costs() {
    return state_.lock()->costs.state();
}

}  // namespace darkroom::control
