// SPDX-License-Identifier: Apache-2.0
#include "domain/task_state.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

TEST(TaskState, EveryWordParsesBack) {
    std::set<std::string_view> words;
    for (const TaskState state : kTaskStates) {
        const Result<TaskState> parsed = parse_task_state(to_string(state));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(*parsed, state);
        words.insert(to_string(state));
    }
    EXPECT_EQ(words.size(), 9U);
    EXPECT_EQ(to_string(TaskState::uploading), "uploading");
}

TEST(TaskState, AnUnknownWordIsRefused) {
    for (const std::string_view word : {"", "Queued", "done", "queued "}) {
        EXPECT_FALSE(parse_task_state(word)) << word;
    }
}

TEST(TaskState, TransitionsAreThoseOfTheProtocol) {
    using S = TaskState;
    const std::set<S> ends_of_a_lease = {S::queued, S::succeeded, S::failed, S::cancelled, S::dead};
    const auto with = [](std::set<S> states, std::set<S> more) {
        states.merge(more);
        return states;
    };
    const std::map<S, std::set<S>> legal = {
        {S::queued, {S::leased, S::cancelled, S::expired}},
        {S::leased, with(ends_of_a_lease, {S::running, S::uploading})},
        {S::running, with(ends_of_a_lease, {S::uploading})},
        {S::uploading, ends_of_a_lease},
        {S::succeeded, {}},
        {S::failed, {}},
        {S::cancelled, {}},
        {S::expired, {}},
        {S::dead, {}}};
    for (const S from : kTaskStates) {
        for (const S to : kTaskStates) {
            EXPECT_EQ(can_become(from, to), legal.at(from).contains(to))
                << to_string(from) << " -> " << to_string(to);
        }
        EXPECT_EQ(is_final(from), legal.at(from).empty()) << to_string(from);
        EXPECT_EQ(is_held(from), legal.at(from).contains(S::succeeded)) << to_string(from);
    }
}

}  // namespace
}  // namespace darkroom::domain
