// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/memory/in_memory_model_store.h"
#include "storage/sqlite/sqlite_model_store.h"

namespace darkroom::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class ModelStoreKind { memory, sqlite };

class ModelStoreContract : public ::testing::TestWithParam<ModelStoreKind> {
  protected:
    ModelStoreContract() {
        std::filesystem::create_directories(folder_);
        open();
    }
    ~ModelStoreContract() override {
        store = nullptr;
        std::filesystem::remove_all(folder_);
    }

    void open() {
        store = nullptr;
        if (GetParam() == ModelStoreKind::memory) {
            store = std::make_unique<InMemoryModelStore>();
        } else {
            store = std::make_unique<SqliteModelStore>(
                SqliteDatabase::open(folder_ / "tasks.db", clock_).value());
        }
    }

    Result<ModelRow> put(ModelRow row) { return wait(*store, &ModelStore::put, std::move(row)); }
    std::vector<ModelRow> rows() { return wait(*store, &ModelStore::list).value(); }

    std::unique_ptr<ModelStore> store;

  private:
    SystemClock clock_;
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-models-" + random_id());
};

ModelRow full_row(const std::string& name) {
    ModelRow row;
    row.type = "lora";
    row.name = name;
    row.etag = "'; DROP TABLE model; --";
    row.source = "styles/a.safetensors";
    row.note = "\u7d75\u672c\nsecond line";
    row.sha256 = std::string(64, 'a');
    row.registered_ms = 1;
    row.modified_ms = 2;
    return row;
}

TEST_P(ModelStoreContract, RowsComeBackWholeAndOrdered) {
    EXPECT_THAT(rows(), IsEmpty());
    ModelRow checkpoint = full_row("z.safetensors");
    checkpoint.type = "stableDiffusion";
    checkpoint.deleted_ms = 3;
    EXPECT_EQ(put(checkpoint).value(), checkpoint);
    ASSERT_TRUE(put(full_row("b.safetensors")));
    ASSERT_TRUE(put(full_row("a/c.safetensors")));
    EXPECT_THAT(
        rows(), ElementsAre(full_row("a/c.safetensors"), full_row("b.safetensors"), checkpoint));
}

TEST_P(ModelStoreContract, ARowReplacesTheOneOfItsTypeAndName) {
    ASSERT_TRUE(put(full_row("a.safetensors")));
    ModelRow other_type = full_row("a.safetensors");
    other_type.type = "sdVae";
    ASSERT_TRUE(put(other_type));
    ModelRow deleted = full_row("a.safetensors");
    deleted.note.clear();
    deleted.modified_ms = 9;
    deleted.deleted_ms = 9;
    ASSERT_TRUE(put(deleted));
    EXPECT_THAT(rows(), ElementsAre(deleted, other_type));
    ASSERT_TRUE(put(full_row("a.safetensors")));
    EXPECT_THAT(rows(), ElementsAre(full_row("a.safetensors"), other_type));
}

TEST_P(ModelStoreContract, ARowWithoutAKeyIsRefused) {
    EXPECT_EQ(put(full_row("")).error().field, "name");
    ModelRow row = full_row("a");
    row.type.clear();
    EXPECT_EQ(put(row).error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(rows(), IsEmpty());
}

TEST_P(ModelStoreContract, RowsSurviveTheServer) {
    if (GetParam() == ModelStoreKind::memory) GTEST_SKIP() << "keeps nothing";
    ASSERT_TRUE(put(full_row("a.safetensors")));
    open();
    EXPECT_THAT(rows(), ElementsAre(full_row("a.safetensors")));
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    ModelStoreContract,
    ::testing::Values(ModelStoreKind::memory, ModelStoreKind::sqlite),
    [](const auto& row) {
        return std::string(row.param == ModelStoreKind::memory ? "Memory" : "Sqlite");
    });

}  // namespace
}  // namespace darkroom::storage
