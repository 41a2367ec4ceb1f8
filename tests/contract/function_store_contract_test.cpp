// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/function_store.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/sqlite/sqlite_function_store.h"

namespace darkroom::storage {
namespace {

enum class FunctionStoreKind { memory, sqlite };

class FunctionStoreContract : public ::testing::TestWithParam<FunctionStoreKind> {
  protected:
    FunctionStoreContract() {
        std::filesystem::create_directories(folder_);
        open();
    }
    ~FunctionStoreContract() override {
        store.reset();
        std::filesystem::remove_all(folder_);
    }

    void open() {
        store.reset();
        if (GetParam() == FunctionStoreKind::memory) {
            store = std::make_unique<InMemoryFunctionStore>(clock);
        } else {
            store = std::make_unique<SqliteFunctionStore>(
                SqliteDatabase::open(folder_ / "tasks.db", clock).value());
        }
    }

    domain::Function ensure(const std::string& checkpoint) {
        return wait(*store, &FunctionStore::ensure, checkpoint).value();
    }
    Result<domain::Function> change(const std::string& name, domain::FunctionChange change) {
        return wait(*store, &FunctionStore::change, FunctionUpdate{name, std::move(change)});
    }
    std::vector<domain::Function> list() { return wait(*store, &FunctionStore::list).value(); }

    FakeClock clock;
    std::unique_ptr<FunctionStore> store;

  private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-functions-" + random_id());
};

TEST_P(FunctionStoreContract, AFunctionIsMadeOnceForACheckpoint) {
    const domain::Function made = ensure("icons.safetensors");
    EXPECT_EQ(made, domain::make_function("icons.safetensors", clock.now_ms));
    const std::int64_t made_ms = clock.now_ms;
    clock.now_ms += 1'000;
    EXPECT_EQ(ensure("icons.safetensors").created_ms, made_ms);
    EXPECT_EQ(list().size(), 1U);
    EXPECT_EQ(wait(*store, &FunctionStore::ensure, "").error().code, ErrorCode::invalid_argument);
}

TEST_P(FunctionStoreContract, TheyAreListedByCheckpoint) {
    ensure("b");
    ensure("a");
    const std::vector<domain::Function> functions = list();
    ASSERT_EQ(functions.size(), 2U);
    EXPECT_EQ(functions[0].checkpoint, "a");
    EXPECT_EQ(functions[1].checkpoint, "b");
}

TEST_P(FunctionStoreContract, EverySettingIsKept) {
    const std::string name = ensure("icons").name;
    domain::FunctionChange all;
    all.min_instances = 1;
    all.max_instances = 2;
    all.cpu = 1.5;
    all.memory_mb = 3;
    all.timeout_s = 4;
    all.gpu_memory_mb = 5;
    all.instance_type = "fc.gpu.tesla.1";
    all.image = "registry/image:1";
    all.extra_args = "--api";
    all.env = {{"A", "1"}, {"B", ""}};
    all.vpc_config = R"({"vpcId":"v"})";
    all.nas_config = R"({"nas":[]})";
    all.oss_mount_config = "{}";
    const domain::Function changed = change(name, all).value();
    EXPECT_EQ(changed.settings, domain::changed({}, all).value());
    EXPECT_EQ(list().at(0), changed);
    domain::FunctionChange one;
    one.timeout_s = 60;
    one.env = {{"B", "2"}};
    const domain::Function again = change(name, one).value();
    EXPECT_EQ(again.settings, domain::changed(changed.settings, one).value());
    EXPECT_EQ(list().at(0), again);
}

TEST_P(FunctionStoreContract, AChangeThatIsRefusedChangesNothing) {
    const domain::Function before = ensure("icons");
    const auto refused = change(before.name, {.min_instances = 1, .timeout_s = -1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(refused.error().field, "timeout");
    EXPECT_EQ(list().at(0), before);
    EXPECT_EQ(change("sd_nobody", {}).error().code, ErrorCode::not_found);
}

TEST_P(FunctionStoreContract, UsesAddUp) {
    const std::string name = ensure("icons").name;
    EXPECT_FALSE(list().at(0).last_used_ms);
    const FunctionUse use{name, {.requests = 1, .pictures = 4, .failures = 0}};
    ASSERT_TRUE(wait(*store, &FunctionStore::count, use));
    clock.now_ms += 500;
    const FunctionUse failure{name, {.requests = 1, .pictures = 0, .failures = 1}};
    const domain::Function counted = wait(*store, &FunctionStore::count, failure).value();
    EXPECT_EQ(counted.usage, (domain::FunctionUsage{2, 4, 1}));
    EXPECT_EQ(counted.last_used_ms, clock.now_ms);
    EXPECT_EQ(list().at(0), counted);
    const FunctionUse of_nobody{"sd_nobody", {}};
    EXPECT_EQ(wait(*store, &FunctionStore::count, of_nobody).error().code, ErrorCode::not_found);
}

TEST_P(FunctionStoreContract, AFunctionThatWasRemovedBeginsAnew) {
    const std::string name = ensure("icons").name;
    ASSERT_TRUE(change(name, {.timeout_s = 60}));
    domain::FunctionChange env;
    env.env = {{"A", "1"}};
    ASSERT_TRUE(change(name, env));
    EXPECT_EQ(wait(*store, &FunctionStore::remove, name).value().settings.timeout_s, 60);
    EXPECT_TRUE(list().empty());
    EXPECT_EQ(wait(*store, &FunctionStore::remove, name).error().code, ErrorCode::not_found);
    EXPECT_EQ(ensure("icons"), domain::make_function("icons", clock.now_ms));
    EXPECT_EQ(list().at(0), domain::make_function("icons", clock.now_ms));
}

TEST_P(FunctionStoreContract, WhatIsDurableSurvivesItsStore) {
    if (GetParam() == FunctionStoreKind::memory) GTEST_SKIP() << "nothing survives it";
    ensure("icons");
    const domain::Function before = list().at(0);
    open();
    EXPECT_EQ(list().at(0), before);
}

std::string kind_name(const ::testing::TestParamInfo<FunctionStoreKind>& instance) {
    return instance.param == FunctionStoreKind::memory ? "Memory" : "Sqlite";
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    FunctionStoreContract,
    ::testing::Values(FunctionStoreKind::memory, FunctionStoreKind::sqlite),
    kind_name);

}  // namespace
}  // namespace darkroom::storage
