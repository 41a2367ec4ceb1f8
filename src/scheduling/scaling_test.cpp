// SPDX-License-Identifier: Apache-2.0
#include "scheduling/scaling.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace darkroom::scheduling {
namespace {

constexpr std::int64_t kRoom = 8;
constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

PooledAgent idle(std::string id, std::string model, double since_s = 0.0) {
    return {.id = std::move(id), .model = std::move(model), .room = kRoom, .idle_since_s = since_s};
}
PooledAgent busy(std::string id, std::string model, std::int64_t room = 0) {
    return {.id = std::move(id), .model = std::move(model), .is_busy = true, .room = room};
}
PooledFunction waiting(std::string model, std::int64_t tasks = 1) {
    return {.model = std::move(model), .waiting = tasks};
}

TEST(Scaling, AnAgentIsStartedWhenTheFirstTaskComes) {
    PoolState state{.functions = {waiting("a")}};
    const PoolOrders orders = scale(state, {});
    ASSERT_EQ(orders.starts.size(), 1U);
    EXPECT_EQ(orders.starts[0].model, "a");
    EXPECT_FALSE(orders.starts[0].loads);
    state.agents = {busy("1", "a", kRoom)};
    EXPECT_TRUE(scale(state, {}).starts.empty()) << "one that starts will come for it";
    state.agents.clear();
    state.may_start = false;
    EXPECT_TRUE(scale(state, {}).starts.empty());
}

TEST(Scaling, AnIdleAgentEndsAfterItsTime) {
    PoolState state{.agents = {idle("1", "a", 10.0), idle("2", "", 10.0)}, .now_s = 309.9};
    PoolPolicy policy{.max_agents = 2};
    EXPECT_TRUE(scale(state, policy).stops.empty());
    state.now_s = 310.0;
    EXPECT_EQ(scale(state, policy).stops, (std::vector<std::string>{"1", "2"}));
    state.agents[0].is_busy = true;
    EXPECT_EQ(scale(state, policy).stops, std::vector<std::string>{"2"});
    policy.spare_agents = 1;
    EXPECT_TRUE(scale(state, policy).stops.empty());
}

TEST(Scaling, AnIdleAgentKeepsItsCheckpointWhileAnotherCanBeStarted) {
    PoolState state{.agents = {idle("1", "a")}, .functions = {waiting("b")}};
    EXPECT_FALSE(may_take(state.agents[0], state.functions[0], state, {.max_agents = 2}));
    ASSERT_EQ(scale(state, {.max_agents = 2}).starts.size(), 1U);
    EXPECT_TRUE(may_take(state.agents[0], state.functions[0], state, {.max_agents = 1}));
    EXPECT_TRUE(scale(state, {.max_agents = 1}).starts.empty());
    state.may_start = false;
    EXPECT_TRUE(may_take(state.agents[0], state.functions[0], state, {.max_agents = 2}));
}

TEST(Scaling, ABusyAgentOnlyTakesMoreOfItsOwn) {
    const PoolState state{.agents = {busy("1", "a", 2)}, .functions = {waiting("b"), waiting("a")}};
    EXPECT_FALSE(may_take(state.agents[0], state.functions[0], state, {}));
    EXPECT_TRUE(may_take(state.agents[0], state.functions[1], state, {}));
    EXPECT_TRUE(may_take(state.agents[0], waiting(""), state, {}));
}

TEST(Scaling, ManyTasksOfOneFunctionGetSeveralAgentsUpToItsLimit) {
    PoolState state{.functions = {waiting("a", 20)}};
    EXPECT_EQ(scale(state, {.max_agents = 8}).starts.size(), 3U);
    EXPECT_EQ(scale(state, {.max_agents = 2}).starts.size(), 2U);
    state.functions[0].max_instances = 1;
    EXPECT_EQ(scale(state, {.max_agents = 8}).starts.size(), 1U);
    state.agents = {busy("1", "a"), idle("2", "")};
    EXPECT_TRUE(scale(state, {.max_agents = 8}).starts.empty());
    EXPECT_FALSE(may_take(state.agents[1], state.functions[0], state, {.max_agents = 8}));
}

TEST(Scaling, MinInstancesAreLoadedAndStay) {
    PoolState state{.functions = {{.model = "a", .min_instances = 1}}, .now_s = 1'000.0};
    PoolOrders orders = scale(state, {});
    ASSERT_EQ(orders.starts.size(), 1U);
    EXPECT_TRUE(orders.starts[0].loads);
    state.agents = {idle("1", "", 0.0)};
    orders = scale(state, {.idle_s = 1e9});
    ASSERT_EQ(orders.loads.size(), 1U);
    EXPECT_EQ(orders.loads[0].agent, "1");
    state.agents = {idle("1", "a", 0.0)};
    orders = scale(state, {});
    EXPECT_TRUE(orders.starts.empty() && orders.loads.empty() && orders.stops.empty());
}

TEST(Scaling, ANeededAgentGivesItsCheckpointUpOnlyWhenNobodyElseCanServe) {
    PoolState state{
        .agents = {idle("1", "a"), idle("2", "c")},
        .functions = {{.model = "a", .min_instances = 1}, waiting("b")}};
    const PoolPolicy policy{.max_agents = 2};
    EXPECT_FALSE(may_take(state.agents[0], state.functions[1], state, policy));
    EXPECT_TRUE(may_take(state.agents[1], state.functions[1], state, policy));
    state.agents[1] = busy("2", "c");
    EXPECT_TRUE(may_take(state.agents[0], state.functions[1], state, policy));
}

TEST(Scaling, AnIdleAgentLeavesTasksToOneThatStartsForThem) {
    PoolState state{
        .agents = {idle("1", "a"), busy("2", "b", kRoom)}, .functions = {waiting("b", kRoom)}};
    const PoolPolicy policy{.max_agents = 2};
    EXPECT_FALSE(may_take(state.agents[0], state.functions[0], state, policy));
    state.functions[0].waiting = kRoom + 1;
    EXPECT_TRUE(may_take(state.agents[0], state.functions[0], state, policy));
    state.functions[0].waiting = 1;
    state.agents[1] = idle("2", "");
    EXPECT_FALSE(may_take(state.agents[0], state.functions[0], state, policy)) << "it just came";
    state.agents[1].is_ending = true;
    EXPECT_TRUE(may_take(state.agents[0], state.functions[0], state, policy));
}

TEST(Scaling, AnAgentThatStartsWithoutAPurposeServesTheFirstThatWaits) {
    PoolState state{.agents = {busy("1", "", kRoom)}, .functions = {waiting("a")}};
    EXPECT_TRUE(scale(state, {.max_agents = 2}).starts.empty());
    state.functions.push_back(waiting("b"));
    const PoolOrders orders = scale(state, {.max_agents = 3});
    ASSERT_EQ(orders.starts.size(), 1U);
    EXPECT_EQ(orders.starts[0].model, "b");
}

TEST(Scaling, ASlotReturnsToMinInstancesOnceItHasSettled) {
    PoolState state{
        .agents = {idle("1", "b", 100.0)},
        .functions = {{.model = "a", .min_instances = 1}},
        .now_s = 104.0};
    EXPECT_TRUE(scale(state, {}).loads.empty());
    state.now_s = 105.0;
    ASSERT_EQ(scale(state, {}).loads.size(), 1U);
}

TEST(Scaling, SparesComeAfterEverythingElse) {
    PoolState state{.functions = {waiting("b"), {.model = "a", .min_instances = 1}}};
    const auto models_of = [](const PoolOrders& orders) {
        std::vector<std::string> models;
        for (const PoolOrders::Start& start : orders.starts)
            models.push_back(start.model);
        return models;
    };
    using Models = std::vector<std::string>;
    EXPECT_EQ(models_of(scale(state, {.max_agents = 1, .spare_agents = 1})), Models{"b"});
    EXPECT_EQ(models_of(scale(state, {.max_agents = 2, .spare_agents = 1})), (Models{"b", "a"}));
    EXPECT_EQ(
        models_of(scale(state, {.max_agents = 4, .spare_agents = 1})), (Models{"b", "a", ""}));
}

TEST(Scaling, WhatDiedIsReplacedWithinTheCap) {
    PoolState state{.wanted = {"", "a", "b"}};
    const PoolOrders orders = scale(state, {.max_agents = 3});
    ASSERT_EQ(orders.starts.size(), 2U) << "any start will do for the first";
    EXPECT_EQ(orders.starts[0].model, "a");
    EXPECT_TRUE(orders.starts[0].loads);
    EXPECT_EQ(scale(state, {.max_agents = 1}).starts.size(), 1U);
    state.wanted = {""};
    EXPECT_FALSE(scale(state, {}).starts.at(0).loads);
}

TEST(Scaling, TheLongestIdleAgentMakesRoomForMemory) {
    PoolState state{
        .agents = {busy("1", "a", 0), idle("2", "b", 5.0), idle("3", "c", 1.0)},
        .functions = {{.model = "d", .waiting = 1, .bytes = 3 * kGigabyte}},
        .now_s = 10.0};
    for (PooledAgent& agent : state.agents)
        agent.bytes = 2 * kGigabyte;
    const PoolPolicy policy{.max_agents = 8, .memory_budget_bytes = 6 * kGigabyte};
    const PoolOrders orders = scale(state, policy);
    EXPECT_TRUE(orders.starts.empty()) << "it would not fit";
    EXPECT_TRUE(may_take(state.agents[2], state.functions[0], state, policy));
    EXPECT_EQ(orders.stops, std::vector<std::string>{"2"}) << "the third takes the task";
    state.agents = {idle("1", "a")};
    state.agents[0].bytes = 9 * kGigabyte;
    state.functions.clear();
    EXPECT_TRUE(scale(state, policy).stops.empty()) << "one may always run";
}

/// Random pools, and what must hold in all of them.
class RandomPool : public ::testing::TestWithParam<unsigned> {
  protected:
    std::int64_t pick(std::int64_t below) {
        return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random_);
    }
    std::string model(std::int64_t count) {
        const std::int64_t index = pick(count + 1);
        return index == 0 ? "" : std::string(1, static_cast<char>('a' + index - 1));
    }

    PoolState state() {
        PoolState state;
        state.now_s = 1'000.0;
        for (std::int64_t i = pick(5); i > 0; --i) {
            PooledAgent agent = idle(std::to_string(i), model(3), static_cast<double>(pick(1'000)));
            agent.is_busy = pick(2) == 0;
            agent.is_ending = pick(5) == 0;
            agent.room = pick(9);
            state.agents.push_back(std::move(agent));
        }
        for (const char* name : {"a", "b", "c"}) {
            PooledFunction function = waiting(name, pick(3) == 0 ? pick(30) : 0);
            function.max_instances = pick(3);
            function.min_instances =
                pick(1 + (function.max_instances == 0 ? 2 : function.max_instances));
            state.functions.push_back(std::move(function));
        }
        for (std::int64_t i = pick(3); i > 0; --i)
            state.wanted.push_back(model(3));
        state.may_start = pick(4) != 0;
        return state;
    }

    PoolPolicy policy() {
        return {.max_agents = 1 + pick(6), .spare_agents = pick(3), .idle_s = 500.0};
    }

    std::mt19937 random_{GetParam()};
};

std::int64_t instances(const PoolState& state, const std::string& model) {
    return std::ranges::count_if(state.agents, [&](const PooledAgent& agent) {
        return agent.model == model && !agent.is_ending;
    });
}

/// The pool once the orders were carried out and every agent is idle again.
PoolState after(PoolState state, const PoolOrders& orders) {
    for (PooledAgent& agent : state.agents) {
        for (const PoolOrders::Load& load : orders.loads) {
            if (load.agent == agent.id) agent.model = load.model;
        }
        agent.is_ending = agent.is_ending || std::ranges::count(orders.stops, agent.id) > 0;
    }
    int next = 100;
    for (const PoolOrders::Start& start : orders.starts)
        state.agents.push_back(idle(std::to_string(++next), start.model, state.now_s));
    return state;
}

TEST_P(RandomPool, CapsAreNeverExceeded) {
    const PoolState before = state();
    const PoolPolicy limits = policy();
    const PoolOrders orders = scale(before, limits);
    const auto starts = static_cast<std::int64_t>(orders.starts.size());
    const auto count = static_cast<std::int64_t>(before.agents.size());
    EXPECT_LE(count + starts, std::max(limits.max_agents, count));
    EXPECT_TRUE(before.may_start || starts == 0);
    const PoolState then = after(before, orders);
    for (const PooledFunction& function : before.functions) {
        if (function.max_instances == 0) continue;
        EXPECT_LE(
            instances(then, function.model),
            std::max(function.max_instances, instances(before, function.model)));
    }
}

TEST_P(RandomPool, OnlyIdleAgentsThatNobodyNeedsEnd) {
    const PoolState before = state();
    const PoolOrders orders = scale(before, policy());
    std::set<std::string> touched;
    for (const PoolOrders::Load& load : orders.loads)
        EXPECT_TRUE(touched.insert(load.agent).second);
    for (const std::string& id : orders.stops) {
        EXPECT_TRUE(touched.insert(id).second) << "told to end and to load";
        const auto agent = std::ranges::find(before.agents, id, &PooledAgent::id);
        ASSERT_NE(agent, before.agents.end());
        EXPECT_FALSE(agent->is_busy || agent->is_ending);
        EXPECT_GE(before.now_s - agent->idle_since_s, 500.0);
    }
    const PoolState then = after(before, orders);
    for (const PooledFunction& function : before.functions) {
        EXPECT_GE(
            instances(then, function.model),
            std::min(function.min_instances, instances(before, function.model)));
    }
}

TEST_P(RandomPool, NobodyWaitsWhileAnAgentCouldBeStarted) {
    const PoolState before = state();
    const PoolPolicy limits = policy();
    const PoolOrders orders = scale(before, limits);
    const std::size_t count = before.agents.size() + orders.starts.size();
    if (!before.may_start || static_cast<std::int64_t>(count) >= limits.max_agents) return;
    for (const PooledFunction& function : before.functions) {
        if (function.waiting == 0) continue;
        const bool is_full =
            function.max_instances > 0 &&
            instances(after(before, orders), function.model) >= function.max_instances;
        const bool has_start =
            std::ranges::count(orders.starts, function.model, &PoolOrders::Start::model) > 0;
        const bool has_taker = std::ranges::any_of(before.agents, [&](const PooledAgent& agent) {
            return !agent.is_ending && agent.room > 0 &&
                   (agent.model == function.model || agent.model.empty());
        });
        EXPECT_TRUE(is_full || has_start || has_taker) << function.model;
    }
}

TEST_P(RandomPool, AloneItComesToRestAtWhatIsConfigured) {
    PoolState pool = state();
    const PoolPolicy limits = policy();
    pool.may_start = true;
    pool.wanted.clear();
    const auto cap = static_cast<std::size_t>(limits.max_agents);
    pool.agents.resize(std::min(pool.agents.size(), cap));
    std::int64_t floor = 0;
    for (PooledFunction& function : pool.functions) {
        function.waiting = 0;
        floor += function.min_instances;
    }
    PoolOrders orders;
    for (int round = 0; round < 20; ++round) {
        std::erase_if(pool.agents, [](const PooledAgent& agent) { return agent.is_ending; });
        for (std::size_t i = 0; i < pool.agents.size(); ++i) {
            pool.agents[i].id = std::to_string(i);
            pool.agents[i].is_busy = false;
        }
        pool.now_s += 600.0;
        orders = scale(pool, limits);
        pool = after(pool, orders);
    }
    EXPECT_TRUE(orders.starts.empty() && orders.loads.empty() && orders.stops.empty());
    EXPECT_EQ(
        static_cast<std::int64_t>(pool.agents.size()),
        std::min(limits.max_agents, floor + limits.spare_agents));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPool, ::testing::Range(0U, 200U));

}  // namespace
}  // namespace darkroom::scheduling
