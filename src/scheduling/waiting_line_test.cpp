// SPDX-License-Identifier: Apache-2.0
#include "scheduling/waiting_line.h"

#include <random>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace darkroom::scheduling {
namespace {

Waiting task(std::string tenant, double finish, std::int32_t priority = 0) {
    Waiting waiting{domain::TaskId::random()};
    waiting.share.tenant = std::move(tenant);
    waiting.share.priority = priority;
    waiting.model = "fox";
    waiting.tag = {finish - 2.0, finish};
    waiting.cost_s = 2.0;
    return waiting;
}

TEST(WaitingLine, PlacesAreByPriorityThenVirtualTimeThenAge) {
    WaitingLine line;
    const Waiting late = task("a", 9.0);
    const Waiting early = task("a", 3.0);
    const Waiting early_second = task("b", 3.0);
    const Waiting urgent = task("b", 100.0, 1);
    for (const Waiting& each : {late, early, early_second, urgent})
        EXPECT_TRUE(line.add(each));
    EXPECT_EQ(line.place(urgent.id)->tasks_before, 0);
    EXPECT_EQ(line.place(early.id)->tasks_before, 1);
    EXPECT_EQ(line.place(early_second.id)->tasks_before, 2);
    EXPECT_EQ(line.place(late.id)->tasks_before, 3);
    EXPECT_EQ(line.place(late.id)->seconds_before, 6.0);
    EXPECT_EQ(line.place(late.id)->own_seconds, 2.0);
}

TEST(WaitingLine, APlaceNamesTheCheckpointsBeforeIt) {
    WaitingLine line;
    Waiting first = task("a", 1.0);
    Waiting second = task("a", 2.0);
    second.model = "owl";
    Waiting third = task("a", 3.0);
    third.model.clear();
    for (const Waiting& each : {first, second, third})
        line.add(each);
    EXPECT_EQ(line.place(first.id)->models, (std::set<std::string>{"fox"}));
    EXPECT_EQ(line.place(third.id)->models, (std::set<std::string>{"fox", "owl"}));
}

TEST(WaitingLine, WhatLeavesMovesTheOthersUp) {
    WaitingLine line;
    const Waiting first = task("a", 1.0);
    const Waiting second = task("b", 2.0);
    line.add(first);
    line.add(second);
    EXPECT_EQ(line.remove(first.id)->share.tenant, "a");
    EXPECT_FALSE(line.remove(first.id));
    EXPECT_FALSE(line.place(first.id));
    EXPECT_EQ(line.place(second.id)->tasks_before, 0);
}

TEST(WaitingLine, WhatComesBackHasItsPlaceAgain) {
    WaitingLine line;
    const Waiting first = task("a", 3.0);
    const Waiting second = task("b", 3.0);
    line.add(first);
    line.add(second);
    line.add(line.remove(first.id).value());
    EXPECT_EQ(line.place(first.id)->tasks_before, 0);
    EXPECT_EQ(line.place(second.id)->tasks_before, 1);
}

TEST(WaitingLine, ATaskWaitsOnce) {
    WaitingLine line;
    const Waiting first = task("a", 1.0);
    EXPECT_TRUE(line.add(first));
    EXPECT_FALSE(line.add(first));
    EXPECT_EQ(line.load().tasks, 1);
}

TEST(WaitingLine, LoadIsCountedPerTenant) {
    WaitingLine line;
    const Waiting first = task("a", 1.0);
    line.add(first);
    line.add(task("a", 2.0));
    line.add(task("b", 2.0));
    EXPECT_EQ(line.load().tasks, 3);
    EXPECT_EQ(line.load().seconds, 6.0);
    EXPECT_EQ(line.load_of("a").seconds, 4.0);
    line.remove(first.id);
    EXPECT_EQ(line.load_of("a").tasks, 1);
    EXPECT_EQ(line.load_of("nobody").tasks, 0);
}

TEST(WaitingLine, TheLeastStartIsOfItsClass) {
    WaitingLine line;
    const Waiting first = task("a", 3.0);
    line.add(first);
    line.add(task("b", 7.0));
    line.add(task("c", 4.0, 1));
    EXPECT_EQ(line.least_start(0), 1.0);
    EXPECT_EQ(line.least_start(1), 2.0);
    EXPECT_EQ(line.least_start(2), std::nullopt);
    line.remove(first.id);
    EXPECT_EQ(line.least_start(0), 5.0);
}

TEST(WaitingLine, AnyPlaceIsWhatCountingSays) {
    std::mt19937 random(7);
    WaitingLine line;
    std::vector<Waiting> tasks;
    for (int i = 0; i < 400; ++i) {
        Waiting next =
            task("a", static_cast<double>(random() % 50), static_cast<int>(random() % 3));
        next.model = std::string(1, static_cast<char>('a' + random() % 5));
        next.cost_s = static_cast<double>(random() % 8);
        next.arrival = i + 1;
        line.add(next);
        tasks.push_back(next);
        if (i % 3 != 0) continue;
        const std::size_t leaver = random() % tasks.size();
        line.remove(tasks[leaver].id);
        tasks.erase(tasks.begin() + static_cast<std::ptrdiff_t>(leaver));
    }
    const auto rank = [](const Waiting& each) {
        return std::tuple(-each.share.priority, each.tag.finish, each.arrival);
    };
    for (const Waiting& each : tasks) {
        WaitingLine::Place counted{0, 0.0, each.cost_s, {each.model}};
        for (const Waiting& other : tasks) {
            if (rank(other) >= rank(each)) continue;
            counted.tasks_before += 1;
            counted.seconds_before += other.cost_s;
            counted.models.insert(other.model);
        }
        const auto place = line.place(each.id);
        ASSERT_TRUE(place);
        EXPECT_EQ(place->tasks_before, counted.tasks_before);
        EXPECT_EQ(place->seconds_before, counted.seconds_before);
        EXPECT_EQ(place->own_seconds, counted.own_seconds);
        EXPECT_EQ(place->models, counted.models);
    }
}

}  // namespace
}  // namespace darkroom::scheduling
