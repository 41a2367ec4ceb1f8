// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/memory/in_memory_task_store.h"
#include "storage/sqlite/sqlite_task_store.h"
#include "storage/task_store.h"

namespace darkroom::storage {

enum class TaskStoreKind { memory, sqlite };

/// A fresh store of the kind under test with a clock that moves only when told to.
class TaskStoreContract : public ::testing::TestWithParam<TaskStoreKind> {
  protected:
    TaskStoreContract() { reset({}); }
    ~TaskStoreContract() override {
        store.reset();
        std::filesystem::remove_all(folder_);
    }

    void reset(domain::RetryPolicy policy) {
        store.reset();
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        if (GetParam() == TaskStoreKind::memory) {
            store = std::make_unique<InMemoryTaskStore>(clock, policy);
        } else {
            auto database = SqliteDatabase::open(folder_ / "tasks.db", clock).value();
            store = SqliteTaskStore::open(std::move(database), {.retry = policy}).value();
        }
    }

    static domain::NewTask new_task(std::string model = "icons-128") {
        return domain::NewTask{
            .tenant = "studio",
            .kind = "txt2img",
            .model = std::move(model),
            .request = "{\"prompt\":\"a key\"}",
            .body_hash = "hash-1"};
    }

    domain::TaskId submit(domain::NewTask request) {
        return wait(*store, &TaskStore::submit, std::move(request)).value().task.id;
    }
    domain::TaskId submit() { return submit(new_task()); }

    domain::Task get(const domain::TaskId& id) { return wait(*store, &TaskStore::get, id).value(); }

    std::vector<domain::Task> claim(ClaimRequest request) {
        return wait(*store, &TaskStore::claim, std::move(request)).value();
    }

    /// Submits a task and leases it to agent-1.
    domain::LeaseToken leased() {
        const domain::TaskId id = submit();
        const std::vector<domain::Task> claimed = claim({.agent = "agent-1"});
        EXPECT_EQ(claimed.size(), 1U);
        EXPECT_EQ(claimed.at(0).id, id);
        return domain::LeaseToken{id, claimed.at(0).attempt, "agent-1"};
    }

    domain::LeaseStatus beat(const domain::LeaseToken& token, std::int64_t lease_ms = 30'000) {
        const Heartbeat request{token.agent, {{token.id, token.attempt}}, lease_ms};
        return wait(*store, &TaskStore::heartbeat, request).value().at(0).status;
    }

    domain::CompleteOutcome complete(const domain::LeaseToken& token, std::string result = "{}") {
        return wait(*store, &TaskStore::complete, {token, std::move(result)}).value();
    }

    domain::FailOutcome fail(const domain::LeaseToken& token, bool is_retryable) {
        const Error error{ErrorCode::resource_exhausted, "out of memory"};
        return wait(*store, &TaskStore::fail, {token, {error, is_retryable}}).value();
    }

    EndedLeases expire_leases() { return wait(*store, &TaskStore::expire_leases).value(); }

    FakeClock clock;
    std::unique_ptr<TaskStore> store;

  private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-contract-" + random_id());
};

inline std::string task_store_name(const ::testing::TestParamInfo<TaskStoreKind>& info) {
    return info.param == TaskStoreKind::memory ? "Memory" : "Sqlite";
}

}  // namespace darkroom::storage
