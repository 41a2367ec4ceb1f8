// SPDX-License-Identifier: Apache-2.0
#include "scheduling/placement.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include <gmock/gmock.h>

namespace darkroom::scheduling {
namespace {

using ::testing::ElementsAre;

constexpr PlacementPolicy kPolicy{.quantum_s = 60.0};

/// Ten seconds a task.
ModelBacklog waiting(std::string model, std::int64_t tasks, double least_vft, double load_s) {
    const double seconds = 10.0 * static_cast<double>(tasks);
    return {std::move(model), 0, tasks, seconds, least_vft, load_s};
}

AgentState agent_with(std::string resident, bool is_busy = false) {
    return {"agent", std::move(resident), 0.0, 1, is_busy};
}

/// The checkpoint that an agent is given at a moment, "-" for nothing.
std::string given(
    const AgentState& agent,
    const std::vector<ModelBacklog>& backlog,
    double now_s,
    const std::vector<AgentState>& others = {}) {
    const auto placement = place(agent, others, backlog, kPolicy, now_s);
    return placement ? placement->model : "-";
}

TEST(Placement, AnAgentStaysWithItsCheckpointForAQuantum) {
    const std::vector backlog = {waiting("fox", 5, 90.0, 0.0), waiting("owl", 5, 10.0, 4.0)};
    EXPECT_EQ(given(agent_with("fox"), backlog, 59.0), "fox");
    EXPECT_EQ(given(agent_with("fox"), backlog, 60.0), "owl");
}

TEST(Placement, AfterAQuantumItStaysAsLongAsItsTasksComeFirst) {
    const std::vector backlog = {waiting("fox", 5, 9.0, 0.0), waiting("owl", 5, 10.0, 4.0)};
    EXPECT_EQ(given(agent_with("fox"), backlog, 500.0), "fox");
}

TEST(Placement, ALoadIsSharedByThoseWhoWaitForIt) {
    const AgentState fresh = agent_with("");
    EXPECT_EQ(
        given(fresh, {waiting("fox", 1, 10.0, 30.0), waiting("owl", 30, 12.0, 30.0)}, 0.0), "owl");
    EXPECT_EQ(
        given(fresh, {waiting("fox", 1, 10.0, 30.0), waiting("owl", 30, 50.0, 30.0)}, 0.0), "fox");
}

TEST(Placement, ABusyAgentIsLeftToBecomeIdleBeforeItSwitches) {
    const std::vector backlog = {waiting("fox", 5, 90.0, 0.0), waiting("owl", 5, 10.0, 4.0)};
    EXPECT_EQ(given(agent_with("fox", true), backlog, 59.0), "fox");
    EXPECT_EQ(given(agent_with("fox", true), backlog, 60.0), "-");
    EXPECT_EQ(given(agent_with("fox", true), {waiting("owl", 5, 10.0, 4.0)}, 1.0), "-");
}

TEST(Placement, AHigherClassEndsAQuantumAtOnce) {
    std::vector backlog = {waiting("fox", 5, 1.0, 0.0), waiting("owl", 1, 500.0, 4.0)};
    backlog[1].priority = 1;
    EXPECT_EQ(given(agent_with("fox"), backlog, 1.0), "owl");
    backlog[0].priority = 1;
    EXPECT_EQ(given(agent_with("fox"), backlog, 1.0), "fox");
}

TEST(Placement, NothingIsGivenWithoutRoomOrWork) {
    AgentState full = agent_with("fox");
    full.room = 0;
    EXPECT_EQ(given(full, {waiting("fox", 5, 1.0, 0.0)}, 0.0), "-");
    EXPECT_EQ(given(agent_with("fox"), {}, 0.0), "-");
    EXPECT_EQ(given(agent_with("fox"), {waiting("owl", 0, 1.0, 0.0)}, 0.0), "-");
}

TEST(Placement, ATaskWithoutACheckpointIsClaimedBesideAnyOther) {
    const std::vector backlog = {waiting("fox", 5, 9.0, 0.0), waiting("", 1, 1.0, 0.0)};
    const auto placement = place(agent_with("fox"), {}, backlog, kPolicy, 0.0);
    ASSERT_TRUE(placement);
    EXPECT_THAT(placement->claims, ElementsAre("fox", ""));
}

TEST(Placement, ATaskWithoutACheckpointNeedsNoSwitch) {
    for (const bool is_busy : {false, true}) {
        const std::vector backlog = {waiting("", 1, 1.0, 0.0)};
        const auto placement = place(agent_with("fox", is_busy), {}, backlog, kPolicy, 0.0);
        ASSERT_TRUE(placement);
        EXPECT_EQ(placement->model, "fox");
        EXPECT_THAT(placement->claims, ElementsAre(""));
    }
    // But it does not keep a busy agent from the switch that comes before it.
    const AgentState busy = agent_with("fox", true);
    EXPECT_NE(given(busy, {waiting("owl", 1, 9.0, 0.5), waiting("", 9, 1.0, 0.0)}, 0.0), "-");
    EXPECT_EQ(given(busy, {waiting("owl", 1, 9.0, 0.5), waiting("", 9, 99.0, 0.0)}, 0.0), "-");
}

TEST(Placement, WhatAnotherAgentServesIsLeftToItWhileThereIsSomethingElse) {
    AgentState other = agent_with("fox", true);
    other.id = "other";
    const ModelBacklog fox = waiting("fox", 3, 1.0, 4.0);
    EXPECT_EQ(given(agent_with(""), {fox, waiting("owl", 1, 99.0, 4.0)}, 0.0, {other}), "owl");
    EXPECT_EQ(given(agent_with(""), {fox}, 0.0, {other}), "fox");
    const ModelBacklog much = waiting("fox", 30, 1.0, 4.0);
    EXPECT_EQ(given(agent_with(""), {much, waiting("owl", 1, 99.0, 4.0)}, 0.0, {other}), "fox");
}

TEST(Placement, AnIdleAgentThatHasTheCheckpointGetsWhatItCanTake) {
    AgentState other = agent_with("fox");
    const ModelBacklog one = waiting("fox", 1, 1.0, 30.0);
    EXPECT_EQ(given(agent_with(""), {one}, 0.0, {other}), "-");
    EXPECT_EQ(given(other, {waiting("fox", 1, 1.0, 0.0)}, 0.0, {agent_with("")}), "fox");
    // There is more than it has room for, or than it can do while this one loads.
    EXPECT_EQ(given(agent_with(""), {waiting("fox", 2, 1.0, 30.0)}, 0.0, {other}), "fox");
    EXPECT_EQ(given(agent_with(""), {waiting("fox", 1, 1.0, 5.0)}, 0.0, {other}), "fox");
}

/// Random agents and a random backlog, for properties that hold for all.
class RandomPlacement : public testing::TestWithParam<int> {
  protected:
    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

    std::vector<AgentState> agents() {
        std::vector<AgentState> agents;
        for (int i = 1 + below(4); i > 0; --i) {
            AgentState agent = agent_with(below(3) == 0 ? "" : model());
            agent.id = std::to_string(i);
            agent.quantum_began_s = below(200);
            agent.room = 1 + below(3);
            agent.is_busy = !agent.resident.empty() && below(2) == 0;
            agents.push_back(agent);
        }
        return agents;
    }

    std::map<std::string, ModelBacklog> backlog() {
        std::map<std::string, ModelBacklog> backlog;
        for (int i = below(5); i > 0; --i) {
            ModelBacklog entry = waiting(model(), 1 + below(4), below(100), 0.0);
            entry.priority = below(2);
            backlog[entry.model] = entry;
        }
        if (below(4) == 0) backlog[""] = waiting("", 1 + below(3), below(100), 0.0);
        return backlog;
    }

    std::string model() { return std::string(1, static_cast<char>('a' + below(4))); }

    /// Lets the agent ask; true when it got a task.
    bool ask(
        std::vector<AgentState>& agents,
        std::size_t index,
        std::map<std::string, ModelBacklog>& backlog) {
        AgentState& agent = agents[index];
        std::vector<ModelBacklog> seen;
        for (auto& [name, entry] : backlog) {
            seen.push_back(entry);
            seen.back().load_s = name.empty() || name == agent.resident ? 0.0 : 15.0;
        }
        std::vector<AgentState> others = agents;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(index));
        const auto placement = place(agent, others, seen, kPolicy, 200.0);
        if (!placement) return false;
        for (const std::string& name : placement->claims) {
            ModelBacklog& entry = backlog[name];
            if (entry.tasks == 0) continue;
            EXPECT_TRUE(name.empty() || !agent.is_busy || name == agent.resident);
            entry.tasks -= 1;
            entry.seconds -= 10.0;
            agent.room -= 1;
            agent.is_busy = true;
            if (!name.empty()) agent.resident = name;
            return true;
        }
        ADD_FAILURE() << "nothing waits of what is to be claimed";
        return false;
    }

  private:
    std::mt19937 random_{static_cast<unsigned>(GetParam())};
};

TEST_P(RandomPlacement, NoAgentStandsIdleWhileTasksWait) {
    std::vector<AgentState> asking = agents();
    std::map<std::string, ModelBacklog> left = backlog();
    bool has_changed = true;
    while (has_changed) {
        has_changed = false;
        for (std::size_t i = 0; i < asking.size(); ++i)
            has_changed = ask(asking, i, left) || has_changed;
    }
    const bool has_idle =
        std::ranges::any_of(asking, [](const AgentState& agent) { return !agent.is_busy; });
    const bool has_work =
        std::ranges::any_of(left, [](const auto& entry) { return entry.second.tasks > 0; });
    EXPECT_FALSE(has_idle && has_work);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPlacement, testing::Range(0, 300));

}  // namespace
}  // namespace darkroom::scheduling
