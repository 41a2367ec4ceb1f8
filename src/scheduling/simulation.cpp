// SPDX-License-Identifier: Apache-2.0
#include "scheduling/simulation.h"

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <optional>
#include <queue>
#include <set>

#include "scheduling/cost_model.h"
#include "scheduling/waiting_line.h"

namespace darkroom::scheduling {
namespace {

constexpr std::int64_t kSteps = 30;
constexpr std::int64_t kPixels = 512 * 512;

Work work_of(const Arrival& arrival) {
    return {arrival.model, kSteps, kPixels, arrival.images, true};
}

struct Agent {
    AgentState state;
    /// Most recently loaded first.
    std::deque<std::string> cached;
    std::optional<std::size_t> task;
};

/// One checkpoint's tasks, in the order of claims.
struct Queue {
    std::set<std::pair<double, std::size_t>> tasks;
    double seconds = 0.0;
};

class Simulation {
  public:
    Simulation(const std::vector<Arrival>& arrivals, const SimulationOptions& options)
        : arrivals_(arrivals), options_(options), agents_(options.agents) {
        outcome_.served.resize(arrivals.size());
        for (std::size_t i = 0; i < agents_.size(); ++i)
            agents_[i].state.id = std::to_string(i);
    }

    Outcome run() {
        std::size_t next = 0;
        while (next < arrivals_.size() || !ends_.empty()) {
            const bool is_arrival = next < arrivals_.size() &&
                                    (ends_.empty() || arrivals_[next].time_s <= ends_.top().first);
            if (is_arrival) {
                now_ = arrivals_[next].time_s;
                arrive(next++);
            } else {
                now_ = ends_.top().first;
                end(ends_.top().second);
                ends_.pop();
            }
            let_agents_ask();
        }
        summarise();
        return std::move(outcome_);
    }

  private:
    using End = std::pair<double, std::size_t>;

    void arrive(std::size_t index) {
        const Arrival& arrival = arrivals_[index];
        const double cost = costs_.predict(work_of(arrival));
        ids_.push_back(domain::TaskId::random());
        Waiting task{ids_.back()};
        task.share.tenant = arrival.tenant;
        task.model = arrival.model;
        task.cost_s = cost;
        if (options_.policy != Policy::first_in_first_out) {
            if (const auto least = line_.least_start(0)) fair_.advance(0, *least);
            task.tag = fair_.stamp(task.share, cost);
        } else {
            task.tag = {now_, static_cast<double>(index)};
        }
        Queue& queue = queues_[arrival.model];
        queue.tasks.emplace(task.tag.finish, index);
        queue.seconds += cost;
        line_.add(std::move(task));
    }

    void end(std::size_t index) {
        Agent& agent = agents_[index];
        const Arrival& arrival = arrivals_[*agent.task];
        const double predicted = costs_.predict(work_of(arrival));
        costs_.observe(work_of(arrival), arrival.seconds);
        fair_.correct({arrival.tenant}, arrival.seconds - predicted);
        outcome_.served[*agent.task].ended_s = now_;
        agent.task.reset();
    }

    /// Until nobody gets anything more.
    void let_agents_ask() {
        bool has_changed = true;
        while (has_changed) {
            has_changed = false;
            for (Agent& agent : agents_) {
                if (agent.task) continue;
                const std::optional<std::string> model = choose(agent);
                if (!model) continue;
                begin(agent, *model);
                has_changed = true;
            }
        }
        const bool has_idle =
            std::ranges::any_of(agents_, [](const Agent& agent) { return !agent.task; });
        if (has_idle && line_.load().tasks > 0) outcome_.was_idle_with_work = true;
    }

    std::optional<std::string> choose(Agent& agent) {
        if (options_.policy != Policy::ours) return first_in_order();
        std::vector<ModelBacklog> backlog;
        for (const auto& [model, queue] : queues_) {
            if (queue.tasks.empty()) continue;
            ModelBacklog entry{model, 0, 0, queue.seconds, queue.tasks.begin()->first, 0.0};
            entry.tasks = static_cast<std::int64_t>(queue.tasks.size());
            entry.load_s = costs_.predict_load(model, tier(agent, model));
            backlog.push_back(std::move(entry));
        }
        agent.state.room = 1;
        std::vector<AgentState> others;
        for (const Agent& other : agents_) {
            if (&other == &agent) continue;
            others.push_back(other.state);
            others.back().is_busy = other.task.has_value();
            others.back().room = other.task ? 0 : 1;
        }
        const auto placed = place(agent.state, others, backlog, options_.placement, now_);
        if (!placed) return std::nullopt;
        return placed->model;
    }

    std::optional<std::string> first_in_order() {
        const std::string* model = nullptr;
        double least = 0.0;
        for (const auto& [name, queue] : queues_) {
            if (queue.tasks.empty()) continue;
            if (model != nullptr && queue.tasks.begin()->first >= least) continue;
            least = queue.tasks.begin()->first;
            model = &name;
        }
        if (model == nullptr) return std::nullopt;
        return *model;
    }

    static Tier tier(const Agent& agent, const std::string& model) {
        if (agent.state.resident == model) return Tier::resident;
        return std::ranges::find(agent.cached, model) == agent.cached.end() ? Tier::cold
                                                                            : Tier::cached;
    }

    void begin(Agent& agent, const std::string& model) {
        Queue& queue = queues_[model];
        const std::size_t index = queue.tasks.begin()->second;
        queue.tasks.erase(queue.tasks.begin());
        if (const auto least = line_.least_start(0)) fair_.advance(0, *least);
        queue.seconds -= line_.remove(ids_[index])->cost_s;
        const double load_s = load(agent, model);
        agent.task = index;
        outcome_.served[index].begun_s = now_;
        const auto number = static_cast<std::size_t>(&agent - agents_.data());
        ends_.emplace(now_ + load_s + arrivals_[index].seconds, number);
    }

    double load(Agent& agent, const std::string& model) {
        const Tier from = tier(agent, model);
        if (from == Tier::resident) return 0.0;
        const double seconds = from == Tier::cached ? options_.cached_load_s : options_.cold_load_s;
        costs_.observe_load(model, from, seconds);
        std::erase(agent.cached, model);
        agent.cached.push_front(model);
        if (agent.cached.size() > options_.cached_models) agent.cached.pop_back();
        agent.state.resident = model;
        agent.state.quantum_began_s = now_;
        outcome_.switches_per_task += 1.0 / static_cast<double>(arrivals_.size());
        return seconds;
    }

    void summarise() {
        std::vector<double> times;
        struct OfTenant {
            std::int64_t tasks = 0;
            double slowdown = 0.0;
        };
        std::map<std::string, OfTenant> tenants;
        for (std::size_t i = 0; i < arrivals_.size(); ++i) {
            times.push_back(outcome_.served[i].ended_s - arrivals_[i].time_s);
            OfTenant& tenant = tenants[arrivals_[i].tenant];
            tenant.tasks += 1;
            tenant.slowdown += times.back() / arrivals_[i].seconds;
        }
        for (const auto& [name, tenant] : tenants) {
            if (tenant.tasks < 10) continue;
            const double mean = tenant.slowdown / static_cast<double>(tenant.tasks);
            outcome_.worst_tenant_slowdown = std::max(outcome_.worst_tenant_slowdown, mean);
        }
        std::ranges::sort(times);
        const auto count = static_cast<double>(times.size());
        outcome_.mean_s = std::accumulate(times.begin(), times.end(), 0.0) / count;
        outcome_.p50_s = times[times.size() / 2];
        outcome_.p95_s = times[times.size() * 95 / 100];
    }

    const std::vector<Arrival>& arrivals_;
    const SimulationOptions& options_;
    double now_ = 0.0;
    std::vector<Agent> agents_;
    std::vector<domain::TaskId> ids_;
    WaitingLine line_;
    std::map<std::string, Queue> queues_;
    CostModel costs_;
    FairQueue fair_;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
    Outcome outcome_;
};

}  // namespace

Outcome simulate(const std::vector<Arrival>& arrivals, const SimulationOptions& options) {
    return Simulation(arrivals, options).run();
}

}  // namespace darkroom::scheduling
