// SPDX-License-Identifier: Apache-2.0
#include "domain/function.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

TEST(Function, ItsNameIsTheHashOfTheCheckpointsName) {
    EXPECT_EQ(
        function_name("abc"),
        "sd_ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(make_function("abc", 7).name, function_name("abc"));
    EXPECT_EQ(make_function("abc", 7).created_ms, 7);
}

TEST(Function, AChangeLeavesWhatItDoesNotName) {
    FunctionSettings settings;
    settings.timeout_s = 60;
    settings.env = {{"A", "1"}, {"B", "2"}};
    FunctionChange change;
    change.memory_mb = 2048;
    change.env = {{"B", "3"}, {"C", "4"}};
    const FunctionSettings after = changed(settings, change).value();
    EXPECT_EQ(after.timeout_s, 60);
    EXPECT_EQ(after.memory_mb, 2048);
    EXPECT_EQ(after.env, (std::map<std::string, std::string>{{"A", "1"}, {"B", "3"}, {"C", "4"}}));
}

TEST(Function, NumbersOutOfRangeAreRefusedByName) {
    const auto field_of = [](const FunctionChange& change) {
        const auto after = changed({}, change);
        return after ? std::string() : after.error().field;
    };
    EXPECT_EQ(field_of({.min_instances = -1}), "minInstances");
    EXPECT_EQ(field_of({.max_instances = 1'001}), "maxInstances");
    EXPECT_EQ(field_of({.cpu = -0.5}), "cpu");
    EXPECT_EQ(field_of({.cpu = std::numeric_limits<double>::quiet_NaN()}), "cpu");
    EXPECT_EQ(field_of({.memory_mb = -1}), "memorySize");
    EXPECT_EQ(field_of({.timeout_s = 86'401}), "timeout");
    EXPECT_EQ(field_of({.gpu_memory_mb = -1}), "gpuMemorySize");
    EXPECT_EQ(field_of({.timeout_s = 86'400}), "");
}

TEST(Function, AtLeastIsNeverMoreThanAtMost) {
    EXPECT_FALSE(changed({}, {.min_instances = 3, .max_instances = 2}));
    EXPECT_TRUE(changed({}, {.min_instances = 2, .max_instances = 2}));
    // Without a limit of its own.
    EXPECT_TRUE(changed({}, {.min_instances = 3}));
    FunctionSettings settings;
    settings.max_instances = 1;
    EXPECT_EQ(changed(settings, {.min_instances = 2}).error().field, "minInstances");
}

TEST(Function, APartOfAThreadIsAWholeOne) {
    FunctionSettings settings;
    EXPECT_EQ(threads_of(settings), 0);
    settings.cpu = 0.5;
    EXPECT_EQ(threads_of(settings), 1);
    settings.cpu = 2.0;
    EXPECT_EQ(threads_of(settings), 2);
}

TEST(Function, ItsStatusIsThatOfItsBestInstance) {
    EXPECT_EQ(status_of({}, "").state, FunctionState::cold);
    EXPECT_EQ(status_of({}, "no such tensor").state, FunctionState::failed);
    EXPECT_EQ(status_of({}, "no such tensor").reason, "no such tensor");
    const std::vector<Instance> loading = {{"a", 0.25, 1, 0}, {"b", 0.5, 0, 0}};
    EXPECT_EQ(status_of(loading, "").state, FunctionState::loading);
    EXPECT_EQ(status_of(loading, "").loaded, 0.5);
    const std::vector<Instance> warm = {{"a", 1.0, 0, 0}};
    EXPECT_EQ(status_of(warm, "").state, FunctionState::warm);
    const std::vector<Instance> busy = {{"a", 1.0, 2, 0}, {"b", 0.5, 0, 0}};
    EXPECT_EQ(status_of(busy, "").state, FunctionState::busy);
}

TEST(Function, ItsStatesAreWords) {
    std::string words;
    for (const FunctionState state :
         {FunctionState::cold,
          FunctionState::loading,
          FunctionState::warm,
          FunctionState::busy,
          FunctionState::failed})
        words += std::string(to_string(state)) + " ";
    EXPECT_EQ(words, "cold loading warm busy failed ");
}

}  // namespace
}  // namespace darkroom::domain
