// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "storage/model_store.h"
#include "storage/sqlite/sqlite_database.h"

namespace darkroom::storage {

/// ModelStore in a SqliteDatabase.
class SqliteModelStore final : public ModelStore {
  public:
    explicit SqliteModelStore(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    void put(ModelRow row, Completion<ModelRow> done) override;
    void list(Completion<std::vector<ModelRow>> done) override;

  private:
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace darkroom::storage
