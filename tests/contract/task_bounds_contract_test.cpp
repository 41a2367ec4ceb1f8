// SPDX-License-Identifier: Apache-2.0
// How much of a tenant's may wait.
#include <atomic>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "contract/task_store_fixture.h"

namespace darkroom::storage {
namespace {

using domain::TaskId;

class TaskBoundsContract : public TaskStoreContract {};

TEST_P(TaskBoundsContract, HoldExactlyHoweverManySubmitAtOnce) {
    constexpr int kMost = 5;
    std::atomic<int> accepted = 0;
    std::atomic<int> refused = 0;
    {
        std::vector<std::jthread> submitters;
        for (int i = 0; i < 4; ++i) {
            submitters.emplace_back([&] {
                for (int j = 0; j < 5; ++j) {
                    domain::NewTask request = new_task();
                    request.bounds.tasks = kMost;
                    const auto submitted = wait(*store, &TaskStore::submit, request);
                    ++(submitted ? accepted : refused);
                    if (submitted) continue;
                    EXPECT_EQ(submitted.error().code, ErrorCode::resource_exhausted);
                    EXPECT_EQ(submitted.error().field, kQueuedTasksQuota);
                }
            });
        }
    }
    EXPECT_EQ(accepted, kMost);
    EXPECT_EQ(refused, 20 - kMost);
}

TEST_P(TaskBoundsContract, AreOfTheTenantsOwnQueueAndOfNewTasks) {
    domain::NewTask first = new_task();
    first.idempotency_key = "key-1";
    first.cost_s = 2.0;
    first.bounds = {.tasks = 1, .seconds = 2.0};
    submit(first);
    EXPECT_FALSE(wait(*store, &TaskStore::submit, first)->is_new) << "one that is there";
    domain::NewTask other = first;
    other.id = TaskId::random();
    other.idempotency_key.clear();
    other.tenant = "somebody-else";
    EXPECT_TRUE(wait(*store, &TaskStore::submit, other));
    domain::NewTask second = first;
    second.id = TaskId::random();
    second.idempotency_key = "key-2";
    second.bounds.tasks = 2;
    EXPECT_EQ(
        wait(*store, &TaskStore::submit, second).error().field,
        std::string_view(kQueuedSecondsQuota));
    second.bounds.seconds = 4.0;
    EXPECT_TRUE(wait(*store, &TaskStore::submit, second));
    ASSERT_EQ(claim({.agent = "agent-1", .max_count = 3}).size(), 3U);
    second.id = TaskId::random();
    second.idempotency_key = "key-3";
    second.bounds.tasks = 1;
    EXPECT_TRUE(wait(*store, &TaskStore::submit, second)) << "what is drawn waits no more";
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    TaskBoundsContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
