// SPDX-License-Identifier: Apache-2.0
#include "control/agent_pool.h"

#include <algorithm>
#include <utility>

namespace darkroom::control {
namespace {

using scheduling::PooledAgent;
using scheduling::PooledFunction;

double seconds(AgentPool::SteadyClock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

const PooledAgent* find_agent(const scheduling::PoolState& pool, const std::string& id) {
    const auto found = std::ranges::find(pool.agents, id, &PooledAgent::id);
    return found == pool.agents.end() ? nullptr : &*found;
}

}  // namespace

AgentPool::Row* AgentPool::State::find(const std::string& id) {
    const auto found = rows.find(id);
    return found == rows.end() ? nullptr : &found->second;
}

scheduling::PoolState AgentPool::State::pool(const Functions& functions) const {
    scheduling::PoolState pool;
    for (const auto& [id, row] : rows) {
        PooledAgent agent;
        agent.id = id;
        agent.model = row.model;
        agent.is_busy = row.is_busy();
        agent.is_ending = row.is_ending;
        agent.room = row.room;
        agent.idle_since_s = seconds(row.idle_since);
        agent.bytes = row.bytes;
        pool.agents.push_back(std::move(agent));
    }
    pool.functions = functions;
    pool.may_start = may_start;
    pool.now_s = seconds(SteadyClock::now());
    return pool;
}

void AgentPool::add(const std::string& id, const scheduling::PoolOrders::Start& purpose) {
    Row row;
    row.model = purpose.model;
    row.is_loading = purpose.loads;
    row.room = policy_.tasks_per_agent;
    row.born = SteadyClock::now();
    row.idle_since = row.born;
    const auto state = state_.lock();
    const auto known = state->largest.find(purpose.model);
    if (known != state->largest.end()) row.bytes = known->second;
    state->rows.insert_or_assign(id, std::move(row));
}

AgentPool::Departure AgentPool::remove(const std::string& id) {
    const auto state = state_.lock();
    const auto found = state->rows.find(id);
    if (found == state->rows.end()) return {};
    const Row& row = found->second;
    Departure departure{row.model, row.is_ending, row.is_replaced, {}};
    departure.lifetime =
        std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - row.born);
    state->rows.erase(found);
    return departure;
}

void AgentPool::set_room(const std::string& id, std::int64_t room) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr) return;
    row->room = room;
    if (std::exchange(row->is_connected, true)) return;
    row->idle_since = SteadyClock::now();
    // It was started for a task of that checkpoint, but takes whichever comes. One that was told to
    // load it may have done so before it first asks for tasks.
    if (!row->is_loading && row->loaded < 1) row->model.clear();
}

void AgentPool::set_resident(const std::string& id, const cluster::Resident& resident) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr) return;
    // What was loaded for a task that was dropped may come late.
    const bool is_free = !row->is_reserved && row->held.empty();
    if (row->model != resident.model && !is_free) return;
    const bool has_failed = !resident.failure.empty();
    row->loaded = has_failed ? 0.0 : std::clamp(resident.loaded, 0.0, 1.0);
    row->model = has_failed ? std::string() : resident.model;
    if (!has_failed && resident.loaded < 1) return;
    row->is_loading = false;
    row->idle_since = SteadyClock::now();
}

void AgentPool::set_bytes(const std::string& id, std::uint64_t bytes) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr) return;
    row->bytes = bytes;
    if (row->model.empty() || row->loaded < 1) return;
    std::uint64_t& largest = state->largest[row->model];
    largest = std::max(largest, bytes);
}

AgentPool::Functions AgentPool::open_to(const std::string& id, const Functions& functions) {
    Functions open;
    const scheduling::PoolState pool = state_.lock()->pool(functions);
    const PooledAgent* agent = find_agent(pool, id);
    if (agent == nullptr) return open;
    for (const PooledFunction& function : functions) {
        if (function.waiting > 0 && scheduling::may_take(*agent, function, pool, policy_))
            open.push_back(function);
    }
    return open;
}

bool AgentPool::reserve(
    const std::string& id, const std::string& model, const Functions& functions) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr) return false;
    const scheduling::PoolState pool = state->pool(functions);
    const PooledAgent* agent = find_agent(pool, id);
    const auto known = std::ranges::find(functions, model, &PooledFunction::model);
    const PooledFunction function =
        known == functions.end() ? PooledFunction{.model = model} : *known;
    if (!scheduling::may_take(*agent, function, pool, policy_)) return false;
    row->is_reserved = true;
    row->model_before = row->model;
    if (!model.empty()) row->model = model;
    return true;
}

void AgentPool::unreserve(const std::string& id) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr || !std::exchange(row->is_reserved, false)) return;
    row->model = row->model_before;
}

void AgentPool::hold(
    const std::string& id, const cluster::AttemptId& attempt, const std::string& model) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr) return;
    if (row->is_reserved && row->model != row->model_before) row->loaded = 0.0;
    row->is_reserved = false;
    row->held.push_back({id, attempt, model, SteadyClock::now()});
}

std::string AgentPool::release(const std::string& id, const cluster::AttemptId& attempt) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr) return {};
    const auto found = std::ranges::find(row->held, attempt, &Held::id);
    if (found == row->held.end()) return {};
    std::string model = std::move(found->model);
    row->held.erase(found);
    if (row->held.empty()) row->idle_since = SteadyClock::now();
    return model;
}

std::vector<AgentPool::Held> AgentPool::held() {
    std::vector<Held> all;
    const auto state = state_.lock();
    for (const auto& [id, row] : state->rows)
        all.insert(all.end(), row.held.begin(), row.held.end());
    return all;
}

bool AgentPool::begin_load(const std::string& id, const std::string& model) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr || row->is_ending || row->is_busy()) return false;
    row->model = model;
    row->loaded = 0.0;
    row->is_loading = true;
    return true;
}

bool AgentPool::end_idle(const std::string& id) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr || row->is_busy()) return false;
    return !std::exchange(row->is_ending, true);
}

bool AgentPool::is_ending(const std::string& id) {
    const auto state = state_.lock();
    const Row* row = state->find(id);
    return row == nullptr || row->is_ending;
}

bool AgentPool::end(const std::string& id, bool is_replaced) {
    const auto state = state_.lock();
    Row* row = state->find(id);
    if (row == nullptr || std::exchange(row->is_ending, true)) return false;
    row->is_replaced = is_replaced;
    return true;
}

scheduling::PoolOrders AgentPool::plan(
    const Functions& functions, const std::vector<std::string>& wanted, bool may_start) {
    scheduling::PoolState pool;
    {
        const auto state = state_.lock();
        state->may_start = may_start;
        pool = state->pool(functions);
    }
    pool.wanted = wanted;
    return scheduling::scale(pool, policy_);
}

std::vector<domain::Instance> AgentPool::instances(const std::string& model) {
    std::vector<domain::Instance> found;
    const auto state = state_.lock();
    for (const auto& [id, row] : state->rows) {
        if (row.model != model || model.empty()) continue;
        const auto tasks = static_cast<std::int64_t>(row.held.size());
        found.push_back({id, row.loaded, tasks, row.bytes});
    }
    return found;
}

std::uint64_t AgentPool::largest(const std::string& model) {
    const auto state = state_.lock();
    const auto found = state->largest.find(model);
    return found == state->largest.end() ? 0 : found->second;
}

std::string AgentPool::model_of(const std::string& id) {
    const auto state = state_.lock();
    const Row* row = state->find(id);
    return row == nullptr ? std::string() : row->model;
}

}  // namespace darkroom::control
